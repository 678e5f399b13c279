/**
 * `lxcts.sysinfo`: sysinfo(2) tells the container its own limits, as the files of the proc view do (busybox `free` and
 * `uptime`, musl). A filter has the kernel ask the monitor, which answers from the container's own file of the view.
 */

import type { Op } from '../wire/ops.ts';
import { filterFlags } from '../wire/ops.ts';
import type { PlannedOp } from '../wire/program.ts';
import { askedBy, step } from '../wire/step.ts';
import type { Context } from './context.ts';
import { hasHooks } from './hooks.ts';
import { namedTree, viewKey } from './proc-view.ts';

export const sysinfoKey = 'lxcts.sysinfo';
/** SIGKILL: the container ends with its monitor. */
const kill = 9;

/** A listener that has lost its last process says so, and descriptors are closed by ranges. */
const oldest = [5, 9] as const;

/**
 * Where the view has a tree of this container's own, and nobody else listens. A process that outlives the monitor would
 * be told that the kernel has no such call, so all must end with it: init by its signal, the others with their pid
 * namespace.
 */
function fileOf(context: Context): string | undefined {
  const { config, facts, spaces } = context;
  const tree = namedTree(context);
  const wanted = config.value(sysinfoKey) === 'auto';
  const bound = spaces.cloned.has('pid') && config.value('lxc.monitor.signal.pdeath') === kill;
  const able = isAtLeast(facts.kernel, oldest) && leavesRoom(context);
  return wanted && bound && able && showsMemory(context) && tree !== undefined
    ? `${tree}/sysinfo`
    : undefined;
}

/** The kernel takes one listener, and a policy that is loaded before start hooks may forbid to load another filter. */
function leavesRoom({ config, filter }: Context): boolean {
  return filter === undefined || !(filter.notifies || hasHooks(config, 'start'));
}

function isAtLeast(version: readonly [number, number], least: readonly [number, number]): boolean {
  return version[0] > least[0] || (version[0] === least[0] && version[1] >= least[1]);
}

/** The call must not tell other numbers than /proc/meminfo. */
function showsMemory({ config }: Context): boolean {
  const wish = config.value(viewKey);
  return typeof wish === 'string' ? wish !== 'off' : wish.includes('proc/meminfo');
}

/** The last thing before the ids change: what runs earlier would ask a monitor that is not there yet. */
export function notifySysinfo(context: Context): readonly PlannedOp[] {
  const why = askedBy(context.config.one(sysinfoKey), sysinfoKey, 'have sysinfo(2) answered');
  return fileOf(context) === undefined ? [] : [step(sysinfoFilter(), why, { optional: true })];
}

export function sysinfoSetting(context: Context): readonly Op[] {
  const file = fileOf(context);
  return file === undefined ? [] : [{ op: 'setSysinfo', args: { file } }];
}

export function sysinfoFilter(): Op {
  const flags = filterFlags.specAllow | filterFlags.waitKillable;
  return { op: 'seccomp', args: { filter: program(), flags, listener: 1 } };
}

/** The call's number by architecture, as <linux/audit.h> calls them. All in one program: the kernel tells which it is. */
const calls = [
  { arch: 0xc000_003e, number: 99 }, // x86-64
  { arch: 0xc000_003e, number: 0x4000_0063 }, // x32
  { arch: 0x4000_0003, number: 116 }, // i386
  { arch: 0xc000_00b7, number: 179 }, // aarch64
  { arch: 0x4000_0028, number: 116 }, // arm
] as const;

/** Of the classic filter machine; `load` from struct seccomp_data. */
const codes = { load: 0x20, ifEqual: 0x15, return: 0x06 } as const;
const data = { number: 0, arch: 4 } as const;
const actions = { notify: 0x7fc0_0000, allow: 0x7fff_0000 } as const;

function program(): Buffer {
  const rows = calls.flatMap(({ arch, number }) => [
    instruction(codes.load, data.arch),
    instruction(codes.ifEqual, arch, 3),
    instruction(codes.load, data.number),
    instruction(codes.ifEqual, number, 1),
    instruction(codes.return, actions.notify),
  ]);
  return Buffer.concat([...rows, instruction(codes.return, actions.allow)]);
}

/** `otherwise`: how many instructions to skip where it is not equal. */
function instruction(code: number, value: number, otherwise = 0): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeUInt16LE(code, 0);
  bytes.writeUInt8(otherwise, 3);
  bytes.writeUInt32LE(value, 4);
  return bytes;
}
