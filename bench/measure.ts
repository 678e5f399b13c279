/** Runs one row under the stopwatch and reduces its rounds to medians, percentiles and a ratio. */

import type { Mode, PairFigure } from './figures.ts';
import type { Row, Step } from './rows/row.ts';
import { run } from './run.ts';
import { median, spread } from './statistics.ts';
import { environment, type Side, type World } from './world.ts';

const idlePauseMs = 60;
const warmUps = 2;
const fewest = 3;

/** Hot and idle, or what the row is measured in. */
export function measure(row: Row, rounds: number, world: World): readonly PairFigure[] {
  using _prepared = row.prepare?.(world);
  return (row.modes ?? ['hot', 'idle']).map((mode) => figureOf(row, mode, rounds, world));
}

function figureOf(row: Row, mode: Mode, asked: number, world: World): PairFigure {
  const rounds = Math.max(fewest, Math.ceil(asked * (row.share ?? 1)));
  const totals = stopwatch(row, mode, rounds, world);
  const [ours, theirs] = [spread(totals.a), spread(totals.b)];
  const target = row.target?.[mode];
  return {
    ...{ row: row.name, title: row.title, peer: row.peer, mode, rounds, ours, theirs },
    ratio: ours.median / theirs.median,
    ...(target === undefined ? {} : { target }),
  };
}

function stopwatch(row: Row, mode: Mode, rounds: number, world: World): Record<Side, number[]> {
  const steps = { a: row.steps('a', world), b: row.steps('b', world) };
  const lines = run(world, [
    ...(row.within?.(world) ?? []),
    ...clock(world, rounds, mode, row.environment ?? []),
    ...sideArguments('--a', steps.a),
    ...sideArguments('--b', steps.b),
  ]);
  return totalsOf(lines.trim().split('\n'), steps);
}

function clock(world: World, rounds: number, mode: Mode, variables: readonly string[]): readonly string[] {
  const own = Object.entries(environment).map(([name, value]) => `${name}=${value}`);
  return [
    world.pair,
    String(rounds + warmUps),
    String(mode === 'idle' ? idlePauseMs : 0),
    ...[...own, ...variables].flatMap((entry) => ['--env', entry]),
  ];
}

/** Median milliseconds of one command alone. */
export function timeOf(world: World, argv: readonly string[], rounds: number): number {
  const steps = { a: [{ argv, timed: true }], b: [] };
  const lines = run(world, [...clock(world, rounds, 'hot', []), ...sideArguments('--a', steps.a)]);
  return median(totalsOf(lines.trim().split('\n'), steps).a);
}

function sideArguments(option: string, steps: readonly Step[]): string[] {
  return steps.flatMap((step, index) => [index === 0 ? option : '--then', ...step.argv]);
}

/** Milliseconds of the timed steps of each round; the first rounds warm up and are left out. */
export function totalsOf(
  lines: readonly string[],
  steps: Readonly<Record<Side, readonly Step[]>>,
): Record<Side, number[]> {
  const totals: Record<Side, number[]> = { a: [], b: [] };
  const sums: Record<Side, number> = { a: 0, b: 0 };
  for (const line of lines) {
    const [side, step, nanoseconds] = line.split(' ');
    if (side !== 'a' && side !== 'b') throw new Error(`Unexpected line of the stopwatch: ${line}`);
    const index = Number(step);
    if (steps[side][index]?.timed) sums[side] += Number(nanoseconds) / 1e6;
    if (index !== steps[side].length - 1) continue;
    totals[side].push(sums[side]);
    sums[side] = 0;
  }
  return { a: totals.a.slice(warmUps), b: totals.b.slice(warmUps) };
}
