/**
 * `node bench/scale.ts [N]`: N containers (200) started one after the other and left running, ours and then C LXC's: how
 * many a second, and whether the last start takes longer than the first. Needs what the benchmark needs.
 */

import { startMany, stopMany } from './many.ts';
import type { Side } from './rows.ts';
import { makeWorld, type World } from './world.ts';

const parts = 5;
const count = Math.ceil(Number(process.argv[2] ?? 200) / parts) * parts;

interface Rates {
  readonly started: number;
  readonly stopped: number;
  /** Milliseconds for a start, in each fifth of the loop. */
  readonly fifths: readonly number[];
}

function ratesOf(world: World, side: Side): Rates {
  const size = count / parts;
  try {
    const times = Array.from({ length: parts }, (_, part) =>
      startMany(world, side, part * size + 1, (part + 1) * size),
    );
    const total = times.reduce((sum, time) => sum + time, 0);
    const stopping = stopMany(world, side, 1, count);
    return {
      started: (count / total) * 1000,
      stopped: (count / stopping) * 1000,
      fifths: times.map((time) => time / size),
    };
  } catch (error) {
    stopMany(world, side, 1, count);
    throw error;
  }
}

using world = makeWorld(new URL('../bin', import.meta.url).pathname, process.env.LXC_PEER ?? '/usr/bin');
const [ours, theirs] = [ratesOf(world, 'a'), ratesOf(world, 'b')];
const fifths = (rates: Rates) => rates.fifths.map((time) => time.toFixed(2)).join(' ');
const rate = (title: string, field: 'started' | 'stopped') =>
  `| ${title} | ${ours[field].toFixed(0)} | ${theirs[field].toFixed(0)} | ${(ours[field] / theirs[field]).toFixed(2)} |`;
console.log(`| ${count} containers | Ours | C LXC | Ratio |\n|---|---|---|---|`);
console.log([rate('Starts a second', 'started'), rate('Stops a second', 'stopped')].join('\n'));
console.log(`| Milliseconds a start, by fifths | ${fifths(ours)} | ${fifths(theirs)} | |`);
