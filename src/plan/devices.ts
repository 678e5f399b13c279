/** /dev: the tmpfs of `lxc.autodev`, the nodes every program expects, and the links into /proc/self. */

import type { RawEntry } from '../config/index.ts';
import type { Op } from '../wire/ops.ts';
import type { PlannedOp } from '../wire/program.ts';
import { askedBy, step } from '../wire/step.ts';
import type { Context } from './context.ts';
import { isMapped } from './idmap.ts';
import { ms } from './mount-flags.ts';
import { mkdirInside, mkfileInside, mountInside, symlinkInside } from './mount-step.ts';
import { inside } from './rootfs.ts';

/** Without a root file system /dev is the host's, which a tmpfs would only hide. */
export function hasOwnDev({ config, root, spaces }: Context): boolean {
  return root.path !== undefined && spaces.cloned.has('mnt') && config.value('lxc.autodev');
}

function why(entry: RawEntry | undefined, act: string) {
  return askedBy(entry, 'lxc.autodev', act);
}

export function mountDev(context: Context): readonly PlannedOp[] {
  if (!hasOwnDev(context)) return [];
  const entry = context.config.one('lxc.autodev');
  const size = context.config.value('lxc.autodev.tmpfs.size');
  const tmpfs = { source: 'none', target: 'dev', fstype: 'tmpfs', data: `size=${size},mode=755` };
  return [
    mkdirInside(context, 'dev', why(entry, 'make dev')),
    mountInside(context, tmpfs, why(entry, 'mount a tmpfs on dev')),
  ];
}

const nodes = [
  ['full', 1, 7],
  ['null', 1, 3],
  ['random', 1, 8],
  ['tty', 5, 0],
  ['urandom', 1, 9],
  ['zero', 1, 5],
] as const;

const characterDevice = 0o020000;

export function populateDev(context: Context): readonly PlannedOp[] {
  if (!hasOwnDev(context)) return [];
  if (isMapped(context)) return nodes.flatMap(([name]) => borrow(context, name));
  const entry = context.config.one('lxc.autodev');
  return nodes.map(([name, major, minor]) => {
    const op: Op = {
      op: 'mknod',
      args: {
        ...inside(context, `dev/${name}`),
        mode: characterDevice | 0o666,
        device: deviceNumber(major, minor),
        fallback: `/dev/${name}`,
      },
    };
    return step(op, why(entry, `make the device dev/${name}`));
  });
}

/** A node that is made in a user namespace cannot be opened, so those of the host are bound. */
function borrow(context: Context, name: string): readonly PlannedOp[] {
  const entry = context.config.one('lxc.autodev');
  const target = `dev/${name}`;
  return [
    mkfileInside(context, target, why(entry, `make ${target}`)),
    mountInside(context, { source: `/${target}`, target, flags: ms.bind }, why(entry, `bind /${target}`)),
  ];
}

/** dev_t as the C library packs it. */
export function deviceNumber(major: number, minor: number): bigint {
  const [a, b] = [BigInt(major), BigInt(minor)];
  return ((a & 0xffff_f000n) << 32n) | ((a & 0xfffn) << 8n) | ((b & 0xffff_ff00n) << 12n) | (b & 0xffn);
}

const links = [
  ['fd', '/proc/self/fd'],
  ['stdin', '/proc/self/fd/0'],
  ['stdout', '/proc/self/fd/1'],
  ['stderr', '/proc/self/fd/2'],
] as const;

/** In a /dev that belongs to the root file system they are a courtesy: it may be read-only. */
export function linkDev(context: Context): readonly PlannedOp[] {
  if (context.root.path === undefined || !context.spaces.cloned.has('mnt')) return [];
  const optional = !hasOwnDev(context);
  return links.map(([name, target]) =>
    symlinkInside(context, target, `dev/${name}`, why(undefined, `link dev/${name}`), { optional }),
  );
}
