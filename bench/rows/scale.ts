/** Many containers at once: how fast they come and go, whether the last one is slower than the first, what they cost. */

import type { AutostartFigures, Crowd as CrowdFigures, Loop, ScaleFigures, Starts } from '../figures.ts';
import { timeOf } from '../measure.ts';
import { quietly } from '../quiet.ts';
import { runQuietly } from '../run.ts';
import { fifthsOf, median } from '../statistics.ts';
import { type Side, toolOf, type World } from '../world.ts';
import { type Crowd, loop, makeCrowd, removeCrowd } from './crowd.ts';
import { memoryOf, steadySlab } from './memory.ts';
import { refreshOfTop } from './top.ts';

export const sizes = [1, 10, 100, 500, 1000];

/** Sizes up to the largest one, which is one of them whatever it is. */
export function sizesUpTo(largest: number): readonly number[] {
  return [...sizes.filter((size) => size < largest), largest];
}

/** Of a thousand one round is long enough. */
const roundsOf = (containers: number) => (containers > 500 ? 1 : 3);

/** The sides take turns, as the commands do; each number is the median of its rounds. */
export async function measureScale(world: World, containers: number): Promise<ScaleFigures> {
  const all = { a: [] as CrowdFigures[], b: [] as CrowdFigures[] };
  for (let round = 0; round < roundsOf(containers); round++)
    for (const side of round % 2 === 0 ? (['a', 'b'] as const) : (['b', 'a'] as const))
      all[side].push(await quietly(`scale ${containers}`, () => ofSide(world, side, containers, round)));
  return { containers, ours: medianCrowd(all.a), theirs: medianCrowd(all.b) };
}

async function ofSide(world: World, side: Side, containers: number, round: number): Promise<CrowdFigures> {
  // Nobody starts the first of many on a machine where nothing has been asked yet.
  runQuietly(world, [toolOf(side, world, 'lxc-ls'), '-P', world.lxcpath, '-f']);
  const slab = steadySlab();
  // A container path of its own: what a round before has started is known.
  using one = crowdOf(world, side, `scale-${round}`, containers);
  const first = loopByFifths(world, one);
  const memory = memoryOf(one, slab);
  const list = timeOf(world, [toolOf(side, world, 'lxc-ls'), '-P', one.lxcpath, '-f'], 3);
  const top = await refreshOfTop(world, one);
  const stops = rate(containers, loop(world, 'stop', one));
  // What the kernel still takes down of those that have just ended is no part of starting them again.
  steadySlab();
  const again = loopByFifths(world, one);
  loop(world, 'stop', one);
  return { first, again, ...byFour(world, side, containers, round), stops, memory, list, top };
}

/** A crowd of its own, which nobody knows yet. */
function byFour(
  world: World,
  side: Side,
  containers: number,
  round: number,
): Pick<Starts, 'firstByFour' | 'againByFour'> & { readonly stopsByFour: number } {
  using crowd = crowdOf(world, side, `four-${round}`, containers);
  const firstByFour = rate(containers, loop(world, 'startByFour', crowd));
  const stopsByFour = rate(containers, loop(world, 'stopByFour', crowd));
  return { firstByFour, againByFour: rate(containers, loop(world, 'startByFour', crowd)), stopsByFour };
}

function crowdOf(world: World, side: Side, name: string, count: number, more = ''): Crowd & Disposable {
  const crowd = makeCrowd(world, side, name, count, more);
  return {
    ...crowd,
    [Symbol.dispose]: () => {
      loop(world, 'giveUp', crowd);
      removeCrowd(crowd);
    },
  };
}

function loopByFifths(world: World, crowd: Crowd): Loop {
  const parts = fifthsOf(crowd.count);
  let next = 1;
  const times = parts.map((size) => {
    const from = next;
    next += size;
    return loop(world, 'start', crowd, from, next - 1);
  });
  const total = times.reduce((sum, time) => sum + time, 0);
  return {
    perSecond: rate(crowd.count, total),
    fifths: times.map((time, part) => time / (parts[part] ?? 1)),
  };
}

function medianCrowd(all: readonly CrowdFigures[]): CrowdFigures {
  const of = (number: (crowd: CrowdFigures) => number) => median(all.map(number));
  return {
    first: medianLoop(all.map(({ first }) => first)),
    again: medianLoop(all.map(({ again }) => again)),
    firstByFour: of(({ firstByFour }) => firstByFour),
    againByFour: of(({ againByFour }) => againByFour),
    stops: of(({ stops }) => stops),
    stopsByFour: of(({ stopsByFour }) => stopsByFour),
    memory: {
      rss: of(({ memory }) => memory.rss),
      pss: of(({ memory }) => memory.pss),
      dirty: of(({ memory }) => memory.dirty),
      slab: of(({ memory }) => memory.slab),
    },
    list: of(({ list }) => list),
    top: of(({ top }) => top),
  };
}

function medianLoop(all: readonly Loop[]): Loop {
  const parts = all[0]?.fifths ?? [];
  return {
    perSecond: median(all.map(({ perSecond }) => perSecond)),
    fifths: parts.map((_, part) => median(all.map(({ fifths }) => fifths[part] ?? Number.NaN))),
  };
}

function rate(count: number, milliseconds: number): number {
  return (count / milliseconds) * 1000;
}

// ---- what boots by itself ----

const rounds = 3;

export function measureAutostart(world: World, containers: number): AutostartFigures {
  return { containers, ours: autostart(world, 'a', containers), theirs: autostart(world, 'b', containers) };
}

function autostart(world: World, side: Side, containers: number): AutostartFigures['ours'] {
  using crowd = crowdOf(world, side, 'autostart', containers, 'lxc.start.auto = 1\n');
  const time = (...args: string[]) => {
    const begin = performance.now();
    runQuietly(world, [toolOf(side, world, 'lxc-autostart'), '-P', crowd.lxcpath, ...args]);
    return performance.now() - begin;
  };
  const pairs = Array.from({ length: rounds }, () => ({ start: time(), stop: time('-k') }));
  return { start: median(pairs.map(({ start }) => start)), stop: median(pairs.map(({ stop }) => stop)) };
}
