/** The root file system and what is mounted into it. */

import { flag, path, size } from '../codec.ts';
import { autoMounts } from '../codecs/automount.ts';
import { mountEntry, rootfs, rootfsOptions } from '../codecs/mount.ts';
import { many, old, one } from '../row.ts';

export const rootfsKeys = {
  'lxc.rootfs.path': one(rootfs, 'Root file system; without one the container shares that of the host.', {
    was: old('lxc.rootfs'),
  }),
  'lxc.rootfs.mount': one(path, 'Directory of the host where the root file system is mounted first.', {
    since: '0.6',
  }),
  'lxc.rootfs.options': one(rootfsOptions, 'Mount options of the root file system.', {
    since: '1.0',
  }),
  'lxc.rootfs.managed': one(flag, 'Whether lxc-destroy removes the root file system.', {
    since: '3.1',
    default: true,
    effect: 'none',
  }),
};

export const mountKeys = {
  'lxc.mount.entry': many(mountEntry, 'One line as in fstab(5).', {
    since: '0.6',
  }),
  'lxc.mount.fstab': one(path, 'File in the format of fstab(5), mounted before the entries.', {
    was: old('lxc.mount'),
  }),
  'lxc.mount.auto': many(autoMounts, 'Kernel file systems that are mounted without further lines.', {
    since: '1.0',
    between: ' ',
  }),
  'lxc.autodev': one(flag, 'Whether /dev is a new tmpfs with the usual nodes.', {
    since: '0.9',
    default: true,
  }),
  'lxc.autodev.tmpfs.size': one(size, 'Size of that tmpfs in bytes.', { since: '4.0', default: 500_000 }),
};
