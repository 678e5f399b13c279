/**
 * What one run of the benchmark found, as data: measuring fills it in, `docs/performance/figures.json` keeps it, the
 * report and the plots are made of nothing else.
 */

import type { ViewFigures } from './rows/proc-view.ts';

export type Mode = 'hot' | 'idle';

export interface Spread {
  readonly p10: number;
  readonly median: number;
  readonly p90: number;
}

/** Two commands in alternating pairs, in milliseconds. */
export interface PairFigure {
  readonly row: string;
  readonly title: string;
  readonly peer: string;
  readonly mode: Mode;
  readonly rounds: number;
  readonly ours: Spread;
  readonly theirs: Spread;
  /** Median of ours / median of theirs. */
  readonly ratio: number;
  /** Largest ratio that meets the design. */
  readonly target?: number;
}

/** What each monitor of many idle containers holds, in kilobytes, and the kernel for each container. */
export interface Memory {
  readonly rss: number;
  readonly pss: number;
  readonly dirty: number;
  readonly slab: number;
}

export interface Both<Value> {
  readonly ours: Value;
  readonly theirs: Value;
}

export interface MemoryFigures extends Both<Memory> {
  readonly containers: number;
}

/** One loop over all containers. */
export interface Loop {
  readonly perSecond: number;
  /** Milliseconds for each container, in each fifth of the loop. */
  readonly fifths: readonly number[];
}

/** Containers started before anybody knew them, and the same ones again. */
export interface Starts {
  readonly first: Loop;
  readonly again: Loop;
  /** Four at a time, a second. */
  readonly firstByFour: number;
  readonly againByFour: number;
}

export interface Crowd extends Starts {
  readonly stops: number;
  readonly stopsByFour: number;
  readonly memory: Memory;
  /** Milliseconds with all of them running. */
  readonly list: number;
  readonly top: number;
}

export interface ScaleFigures extends Both<Crowd> {
  readonly containers: number;
}

/** Milliseconds for all of them. */
export interface AutostartFigures extends Both<{ readonly start: number; readonly stop: number }> {
  readonly containers: number;
}

/** What could not be measured on this machine, and the reason that was really met. */
export interface LeftOut {
  readonly what: string;
  readonly why: string;
}

export interface Machine {
  readonly day: string;
  readonly cpus: number;
  readonly processor: string;
  readonly memoryMb: number;
  readonly kernel: string;
  readonly cgroups: 'v1' | 'hybrid' | 'v2';
  /** The machine's /run is no tmpfs, so the benchmark had one of its own. */
  readonly ownRun?: boolean;
  /** Load average of the last minute before anything was measured. */
  readonly load: number;
  readonly rounds: number;
  /** Version by program; those that are not there are left out. */
  readonly versions: Readonly<Record<string, string>>;
}

/** Rows that were measured again after the whole run. */
export interface Rerun {
  readonly day: string;
  readonly load: number;
  readonly rounds: number;
  readonly what: readonly string[];
}

export interface Figures {
  readonly machine: Machine;
  readonly pairs: readonly PairFigure[];
  readonly view?: ViewFigures;
  readonly memory?: MemoryFigures;
  readonly scale?: readonly ScaleFigures[];
  readonly autostart?: AutostartFigures;
  readonly leftOut: readonly LeftOut[];
  readonly reruns?: readonly Rerun[];
}

const digits = 4;

/** As JSON; what is beyond four digits is noise, and would make every file a new one. */
export function figuresText(figures: Figures): string {
  const short = (_: string, value: unknown) =>
    typeof value === 'number' && !Number.isInteger(value) ? Number(value.toPrecision(digits)) : value;
  return `${JSON.stringify(figures, short, 1)}\n`;
}

/** The earlier run with the rows of the later one in the place of its own. */
export function merged(earlier: Figures, later: Figures, what: readonly string[]): Figures {
  const key = ({ row, mode }: PairFigure) => `${row} ${mode}`;
  const newer = new Map(later.pairs.map((pair) => [key(pair), pair]));
  const kept = earlier.pairs.map((pair) => {
    const own = newer.get(key(pair)) ?? pair;
    newer.delete(key(pair));
    return own;
  });
  const isAgain = ({ what: left }: LeftOut) =>
    what.some((one) => left === one || [' ', '-'].some((end) => left.startsWith(`${one}${end}`)));
  const { day, load, rounds } = later.machine;
  return {
    ...earlier,
    ...later,
    machine: earlier.machine,
    pairs: [...kept, ...newer.values()],
    leftOut: [...earlier.leftOut.filter((one) => !isAgain(one)), ...later.leftOut],
    reruns: [...(earlier.reruns ?? []), { day, load, rounds, what }],
  };
}
