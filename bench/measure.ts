/** Runs one row under the stopwatch and reduces its rounds to medians, percentiles and a ratio. */

import { execFileSync } from 'node:child_process';
import { type Row, type Side, type Step, startBoth, stopBoth } from './rows.ts';
import type { World } from './world.ts';

export interface Figure {
  readonly row: string;
  readonly title: string;
  readonly mode: 'hot' | 'idle';
  readonly rounds: number;
  /** Milliseconds per side. */
  readonly ours: Spread;
  readonly theirs: Spread;
  /** Median of ours / median of theirs. */
  readonly ratio: number;
  readonly target: number | undefined;
}

export interface Spread {
  readonly p10: number;
  readonly median: number;
  readonly p90: number;
}

const idlePauseMs = 60;
const environment = ['PATH=/usr/sbin:/usr/bin:/sbin:/bin', 'HOME=/root', 'LANG=C.UTF-8'];

export function measure(row: Row, mode: 'hot' | 'idle', rounds: number, world: World): Figure {
  if (row.running) runAll(startBoth(world));
  try {
    const totals = stopwatch(row, mode, rounds, world);
    const ours = spread(totals.a);
    const theirs = spread(totals.b);
    const ratio = ours.median / theirs.median;
    return { row: row.name, title: row.title, mode, rounds, ours, theirs, ratio, target: row.target[mode] };
  } finally {
    if (row.running) runAll(stopBoth(world));
  }
}

function runAll(commands: readonly (readonly string[])[]): void {
  for (const [file, ...args] of commands)
    if (file !== undefined) execFileSync(file, args, { stdio: 'inherit' });
}

function stopwatch(row: Row, mode: 'hot' | 'idle', rounds: number, world: World): Record<Side, number[]> {
  const steps = { a: row.steps('a', world), b: row.steps('b', world) };
  const args = [
    String(rounds + 2),
    String(mode === 'idle' ? idlePauseMs : 0),
    ...environment.flatMap((entry) => ['--env', entry]),
    ...sideArguments('--a', steps.a),
    ...sideArguments('--b', steps.b),
  ];
  const lines = execFileSync(world.pair, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] });
  return totalsOf(lines.trim().split('\n'), steps);
}

function sideArguments(option: string, steps: readonly Step[]): string[] {
  return steps.flatMap((step, index) => [index === 0 ? option : '--then', ...step.argv]);
}

/** Milliseconds of the timed steps of each round; the first two rounds warm up and are left out. */
function totalsOf(lines: readonly string[], steps: Record<Side, readonly Step[]>): Record<Side, number[]> {
  const totals: Record<Side, number[]> = { a: [], b: [] };
  const sums: Record<Side, number> = { a: 0, b: 0 };
  for (const line of lines) {
    const [side, step, nanoseconds, status] = line.split(' ');
    if (side !== 'a' && side !== 'b') throw new Error(`Unexpected line of the stopwatch: ${line}`);
    const index = Number(step);
    const current = steps[side][index];
    if (current === undefined || status !== '0')
      throw new Error(`A step failed: ${line}: ${current?.argv.join(' ')}`);
    if (current.timed) sums[side] += Number(nanoseconds) / 1e6;
    if (index === steps[side].length - 1) {
      totals[side].push(sums[side]);
      sums[side] = 0;
    }
  }
  return { a: totals.a.slice(2), b: totals.b.slice(2) };
}

function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p10: at(0.1), median: at(0.5), p90: at(0.9) };
}
