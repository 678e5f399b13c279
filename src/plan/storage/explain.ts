/** Failures of storage in words, where errno misleads or the next move is known. */

import { errnoNumber } from '../../base/errno.ts';
import type { PlannedOp } from '../../wire/program.ts';
import type { OpFailure } from '../types.ts';

interface Meaning {
  readonly reason?: string;
  readonly hint?: string | undefined;
}

type OpenFileSystem = Extract<PlannedOp, { op: 'openFileSystem' }>;

export function fileSystemMeaning({ args }: OpenFileSystem, failure: OpFailure): Meaning | undefined {
  const types = args.fstypes.join(', ');
  switch (failure.errno) {
    case errnoNumber('ENOSYS'):
      return { reason: 'this kernel cannot open a file system unmounted', hint: 'it needs Linux 5.2' };
    case errnoNumber('ENODEV'):
      return { reason: `this kernel has no file system ${types}`, hint: 'see /proc/filesystems' };
    case errnoNumber('EINVAL'):
      return failure.detail === '' ? { reason: `it is none of ${types}`, hint: 'see dmesg' } : undefined;
    case errnoNumber('EPERM'):
      return { hint: 'in a user namespace nobody mounts images and devices; use a directory or an overlay' };
    case errnoNumber('EACCES'):
    case errnoNumber('EROFS'):
      return { hint: 'what is read-only needs lxc.rootfs.options = ro' };
    case errnoNumber('EBUSY'):
      return { hint: 'it is mounted with other options, or all loop devices are in use' };
    case errnoNumber('ENOENT'):
    case errnoNumber('ENXIO'):
      return failure.detail === '/dev/loop-control'
        ? {
            reason: 'this kernel has no loop devices',
            hint: 'modprobe loop; the option is CONFIG_BLK_DEV_LOOP',
          }
        : undefined;
    default:
      return undefined;
  }
}

export function overlayMeaning(data: string, { errno }: OpFailure): Meaning | undefined {
  switch (errno) {
    case errnoNumber('ESTALE'):
      return {
        reason: 'its upper directory was used with other lower ones',
        hint: 'take a new one, or add index=off to the options',
      };
    case errnoNumber('EBUSY'):
      return { reason: 'its upper or work directory is in use by another overlay' };
    case errnoNumber('EACCES'):
      return data.includes('userxattr')
        ? {
            hint: "the container's root needs x on all directories above, and w on the upper and work directory",
          }
        : undefined;
    case errnoNumber('EPERM'):
      return data.includes('userxattr')
        ? { hint: 'overlays in user namespaces need Linux 5.11 and an upper directory of the mapped root' }
        : undefined;
    case errnoNumber('EINVAL'):
      return {
        hint: 'see dmesg; an upper directory cannot lie on an overlay, on NFS or inside a lower directory',
      };
    default:
      return undefined;
  }
}
