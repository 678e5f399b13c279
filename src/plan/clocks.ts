/** `lxc.time.offset.*`: clocks of the container that differ from those of the host, in a time namespace. */

import type { Config, Entry, TimeOffset } from '../config/index.ts';
import type { PlannedOp } from '../wire/program.ts';
import { always, asked, step } from '../wire/step.ts';
import type { Context } from './context.ts';

interface ClockOffset {
  /** As /proc/PID/timens_offsets calls it. */
  readonly clock: 'boottime' | 'monotonic';
  readonly entry: Entry<TimeOffset>;
}

export function clockOffsets(config: Config): readonly ClockOffset[] {
  const clocks = [
    { clock: 'boottime', entry: config.one('lxc.time.offset.boot') },
    { clock: 'monotonic', entry: config.one('lxc.time.offset.monotonic') },
  ] as const;
  return clocks.flatMap(({ clock, entry }) => (entry === undefined ? [] : [{ clock, entry }]));
}

const newTime = 0x80;

/**
 * Unshared, the namespace is one for children: offsets can be set until a process is in it, and then the child goes
 * there itself.
 */
export function ownClocks({ config, spaces }: Context): readonly PlannedOp[] {
  if (!spaces.cloned.has('time')) return [];
  return enterNewClocks(clockOffsets(config).map(setOffset));
}

export function enterNewClocks(offsets: readonly PlannedOp[] = []): readonly PlannedOp[] {
  const path = '/proc/self/ns/time_for_children';
  return [
    step({ op: 'unshare', args: { flags: newTime } }, always('make a time namespace')),
    ...offsets,
    step({ op: 'setns', args: { path, type: newTime } }, always('enter the time namespace')),
  ];
}

function setOffset({ clock, entry }: ClockOffset): PlannedOp {
  const { seconds, nanoseconds } = entry.value;
  const path = '/proc/self/timens_offsets';
  const text = `${clock} ${seconds} ${nanoseconds}\n`;
  return step(
    { op: 'writeFile', args: { path, text: Buffer.from(text), flags: 0, mode: 0 } },
    asked(entry, `set the ${clock} clock off by ${entry.text}`),
  );
}
