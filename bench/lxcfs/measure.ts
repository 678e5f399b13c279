/** Runs the reader over the sides of a view and reduces its rounds to medians. */

import { execFileSync } from 'node:child_process';
import { type Side, sides, type ViewWorld } from './world.ts';

/**
 * Where readers and servers run: `spread` is wherever the scheduler puts them, on an idle machine each on a CPU of its
 * own, with a wake-up across CPUs for each message; `same` is all on CPU 0, as on a machine that is busy elsewhere.
 */
export type Placement = 'spread' | 'same';

export interface Spell {
  readonly placement: Placement;
  readonly readers: number;
  readonly rounds: number;
  /** For each side in a round. */
  readonly milliseconds: number;
}

/** Microseconds for one open+read+close. */
export interface Figure {
  readonly side: Side;
  readonly median: number;
  readonly p99: number;
  /** Of all readers together. */
  readonly perSecond: number;
  readonly errors: number;
}

/** The sides that have the file, in alternating phases. */
export function measureFile(world: ViewWorld, file: string, spell: Spell): readonly Figure[] {
  const there = sides.filter((side) => world.path(side, file) !== undefined);
  const paths = there.map((side) => world.path(side, file) ?? '');
  const { readers, rounds, milliseconds } = spell;
  const cpu = spell.placement === 'same' ? 0 : -1;
  const numbers = [cpu, readers, rounds, milliseconds].map(String);
  const lines = world
    .inside([world.reader, ...numbers, ...paths])
    .trim()
    .split('\n');
  const phases = lines.map((line) => line.split(' ').map(Number));
  return there.map((side, index) => {
    const own = phases.filter(([, at]) => at === index);
    const middle = (column: number) => median(own.map((phase) => phase[column] ?? Number.NaN));
    return {
      side,
      median: middle(4) / 1000,
      p99: middle(5) / 1000,
      perSecond: (middle(2) / milliseconds) * 1000,
      errors: own.reduce((sum, [, , , errors = 0]) => sum + errors, 0),
    };
  });
}

/** V8 compiles what is hot; a server that has run for a minute has that behind it. */
export function warmUp(world: ViewWorld, file: string): void {
  measureFile(world, file, { placement: 'spread', readers: 4, rounds: 1, milliseconds: 700 });
}

/** All who answer, and whom they start from now on. */
export function place(world: ViewWorld, placement: Placement): void {
  const list = placement === 'same' ? '0' : `0-${navigator.hardwareConcurrency - 1}`;
  for (const pid of world.servers())
    execFileSync('taskset', ['-a', '-c', '-p', list, String(pid)], { stdio: 'ignore' });
}

function median(values: readonly number[]): number {
  return values.toSorted((one, other) => one - other)[Math.floor(values.length / 2)] ?? Number.NaN;
}
