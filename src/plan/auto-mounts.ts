/** `lxc.mount.auto` for proc and sys. The cgroup words are in `auto-cgroup.ts`. */

import type { AutoMount, AutoProc, AutoSys, RawEntry } from '../config/index.ts';
import type { PlannedOp } from '../wire/program.ts';
import { always, asked } from '../wire/step.ts';
import { capNetAdmin, keeps } from './capabilities.ts';
import type { Context } from './context.ts';
import { ms } from './mount-flags.ts';
import { mkdirInside, mountInside } from './mount-step.ts';

const safe = ms.nosuid | ms.nodev | ms.noexec;

export interface AutoWish<T extends AutoMount> {
  readonly mount: T;
  readonly entry: RawEntry;
}

/** Every word replaces only those of its own class, so the last one of each class counts. */
export function lastAuto<T extends AutoMount>(
  { config }: Pick<Context, 'config'>,
  isOfClass: (mount: AutoMount) => mount is T,
): AutoWish<T> | undefined {
  return config
    .many('lxc.mount.auto')
    .flatMap((entry) => entry.value.flatMap((mount) => (isOfClass(mount) ? [{ mount, entry }] : [])))
    .at(-1);
}

const isProc = (mount: AutoMount): mount is AutoProc => mount.what === 'proc';
const isSys = (mount: AutoMount): mount is AutoSys => mount.what === 'sys';

export function autoProc(context: Context): readonly PlannedOp[] {
  const wish = lastAuto(context, isProc);
  if (wish === undefined) return transientProc(context);
  const why = (act: string) => asked(wish.entry, act);
  const mount = [
    mkdirInside(context, 'proc', why('make proc')),
    mountInside(
      context,
      { source: 'proc', target: 'proc', fstype: 'proc', flags: safe },
      why('mount proc on proc'),
    ),
  ];
  return wish.mount.mode === 'rw' ? mount : [...mount, ...protectProc(context, wish)];
}

export function hasProc(context: Context): boolean {
  return lastAuto(context, isProc) !== undefined;
}

export function hasSys(context: Context): boolean {
  return lastAuto(context, isSys) !== undefined;
}

/** Without a root file system the host's /proc would be seen, which knows nothing of a new pid namespace. */
function transientProc(context: Context): readonly PlannedOp[] {
  if (context.root.path !== undefined || !context.spaces.cloned.has('pid')) return [];
  const proc = { source: 'proc', target: 'proc', fstype: 'proc', flags: safe };
  return [mountInside(context, proc, always('mount proc on /proc'))];
}

/**
 * /proc/sys read-only, /proc/sys/net not if the container may administer its network. The bind of net lies
 * on that of sys, so making sys read-only afterwards leaves it as it is.
 */
function protectProc(context: Context, { entry }: AutoWish<AutoProc>): readonly PlannedOp[] {
  const self = (path: string, flags: number, act: string, more = {}) =>
    mountInside(context, { source: path, within: true, target: path, flags }, asked(entry, act), more);
  const net = keeps(context.capabilities, capNetAdmin) && context.spaces.cloned.has('net');
  const trigger = 'proc/sysrq-trigger';
  return [
    self('proc/sys', ms.bind, 'bind proc/sys on itself'),
    ...(net ? [self('proc/sys/net', ms.bind, 'bind proc/sys/net on itself')] : []),
    self('proc/sys', ms.remount | ms.bind | ms.rdonly | safe, 'make proc/sys read-only'),
    // A kernel may be built without it.
    self(trigger, ms.bind | ms.rdonly, `make ${trigger} read-only`, { optional: true }),
  ];
}

export function autoSys(context: Context): readonly PlannedOp[] {
  const wish = lastAuto(context, isSys);
  if (wish === undefined) return [];
  const { mount, entry } = wish;
  const flags = { rw: 0, ro: safe | ms.rdonly, mixed: safe }[mount.mode];
  const sysfs = { source: 'sysfs', target: 'sys', fstype: 'sysfs', flags };
  return [
    mkdirInside(context, 'sys', asked(entry, 'make sys')),
    mountInside(context, sysfs, asked(entry, 'mount sysfs on sys')),
    ...(mount.mode === 'mixed' ? protectSys(context, entry) : []),
  ];
}

/** Read-only except for the settings of virtual network interfaces. */
function protectSys(context: Context, entry: RawEntry): readonly PlannedOp[] {
  const net = 'sys/devices/virtual/net';
  const self = (path: string, flags: number, act: string) =>
    mountInside(context, { source: path, within: true, target: path, flags }, asked(entry, act));
  return [
    self(net, ms.bind, `bind ${net} on itself`),
    self('sys', ms.remount | ms.bind | ms.rdonly | safe, 'make sys read-only'),
  ];
}
