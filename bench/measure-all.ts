/** One run over all rows that were chosen; one that fails is told and the run goes on. */

import type { Figures, LeftOut, MemoryFigures, PairFigure, ScaleFigures } from './figures.ts';
import { machineFacts } from './machine.ts';
import { measure } from './measure.ts';
import { absence } from './needs.ts';
import { isChosen, type Options } from './options.ts';
import { quietly } from './quiet.ts';
import { coldRows } from './rows/cold.ts';
import { engineRows } from './rows/engines.ts';
import { limitsOfHost, reasonAgainst } from './rows/limits.ts';
import { lxcRows } from './rows/lxc.ts';
import { measureMemory } from './rows/memory.ts';
import { measureView } from './rows/proc-view.ts';
import type { Row } from './rows/row.ts';
import { measureAutostart, measureScale, sizesUpTo } from './rows/scale.ts';
import { makeWorld, stopBoth, type World } from './world.ts';

export interface Programs {
  /** Directories of commands. */
  readonly ours: string;
  readonly theirs: string;
  readonly lxcfs: string;
}

type Mutable<Type> = { -readonly [Key in keyof Type]: Type[Key] };

interface Run {
  readonly figures: Mutable<Figures> & { pairs: PairFigure[]; leftOut: LeftOut[]; scale?: ScaleFigures[] };
  readonly options: Options;
  readonly programs: Programs;
  readonly world: World;
  failed: boolean;
}

const rows = [...lxcRows, ...coldRows, ...engineRows];
const parts: Readonly<Record<string, (run: Run) => Promise<void> | void>> = {
  memory: measureMonitors,
  'proc-view': measureProcView,
  scale: measureCrowds,
  autostart: measureBoot,
};

export const names = [...rows.map(({ name }) => name), ...Object.keys(parts)];
const monitors = 100;
const booted = 200;

export async function measureAll(
  options: Options,
  programs: Programs,
): Promise<{ readonly figures: Figures; readonly failed: boolean }> {
  const machine = machineFacts(options.rounds, programs.theirs, programs.lxcfs);
  using world = makeWorld(programs.ours, programs.theirs);
  const run: Run = { figures: { machine, pairs: [], leftOut: [] }, options, programs, world, failed: false };
  let isStopped = false;
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.once(signal, () => {
      isStopped = true;
    });
  for (const [name, act] of plan(run)) {
    if (!isChosen(name, options.only)) continue;
    // Where a signal is heard, which no handler hears while commands are timed.
    await new Promise((done) => setImmediate(done));
    if (isStopped) throw new Error('Interrupted; what ran is stopped');
    await attempt(run, name, act);
  }
  return run;
}

function plan(run: Run): readonly (readonly [string, () => Promise<void> | void])[] {
  return [
    ...rows.map((row) => [row.name, () => measureRow(run, row)] as const),
    ...Object.entries(parts).map(([name, act]) => [name, () => act(run)] as const),
  ];
}

async function attempt(run: Run, what: string, act: () => Promise<void> | void): Promise<void> {
  const begin = performance.now();
  try {
    await act();
    tell(`${what}: ${((performance.now() - begin) / 1000).toFixed(1)} s`);
  } catch (error) {
    run.failed = true;
    stopBoth(run.world);
    leaveOut(run, what, firstLine(error));
  }
}

function firstLine(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  // Names of this run's directories say nothing to those who read it later.
  return message.replaceAll(/\/[^\s"]*\/lxc-ts-bench-\w+/g, '...').trim();
}

function leaveOut({ figures }: Run, what: string, why: string): void {
  figures.leftOut.push({ what, why });
  tell(`${what} is left out: ${why}`);
}

function tell(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function measureRow(run: Run, row: Row): Promise<void> {
  const why = row.missing?.();
  if (why !== undefined) {
    leaveOut(run, row.name, why);
    return;
  }
  const figures = await quietly(row.name, () => measure(row, run.options.rounds, run.world));
  for (const figure of figures) {
    run.figures.pairs.push(figure);
    tell(`${row.name} ${figure.mode}: ${figure.ratio.toFixed(2)} of ${figure.peer}`);
  }
}

function measureMonitors(run: Run): void {
  const memory: MemoryFigures = measureMemory(run.world, monitors);
  run.figures.memory = memory;
}

async function measureProcView(run: Run): Promise<void> {
  const why = run.programs.lxcfs === '/usr/bin/lxcfs' ? absence('lxcfs') : undefined;
  if (why !== undefined) {
    leaveOut(run, 'proc-view', why);
    return;
  }
  const { view, leftOut } = await measureView(run.programs.ours, run.programs.lxcfs, run.options.rounds);
  run.figures.view = view;
  for (const one of leftOut) leaveOut(run, one.what, one.why);
}

async function measureCrowds(run: Run): Promise<void> {
  run.figures.scale = [];
  for (const size of sizesUpTo(run.options.largest)) {
    const why = reasonAgainst(size, limitsOfHost());
    if (why === undefined) run.figures.scale.push(await measureScale(run.world, size));
    else leaveOut(run, `scale ${size}`, why);
  }
}

async function measureBoot(run: Run): Promise<void> {
  const count = Math.min(booted, run.options.largest);
  const why = reasonAgainst(count, limitsOfHost());
  if (why === undefined)
    run.figures.autostart = await quietly('autostart', () => measureAutostart(run.world, count));
  else leaveOut(run, 'autostart', why);
}
