/**
 * `node bench/memory.ts [N]`: what the monitors of N idle containers (100) hold in memory, ours and C LXC's. Needs what
 * the benchmark needs.
 */

import { readFileSync } from 'node:fs';
import { startMany, stopMany } from './many.ts';
import type { Side } from './rows.ts';
import { makeWorld, type World } from './world.ts';

const count = Number(process.argv[2] ?? 100);

interface Memory {
  readonly rss: number;
  readonly pss: number;
  readonly dirty: number;
}

/** Kilobytes for each monitor while all of them run. */
function memoryOf(world: World, side: Side): Memory {
  startMany(world, side, 1, count);
  try {
    const numbers = Array.from({ length: count }, (_, index) => index + 1);
    const texts = numbers.map((number) =>
      rollup(readFileSync(`${world.lxcpath}/${side}-${number}.pid`, 'utf8')),
    );
    const mean = (field: string) =>
      texts.reduce((sum, text) => sum + Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1]), 0) /
      count;
    return { rss: mean('Rss'), pss: mean('Pss'), dirty: mean('Private_Dirty') };
  } finally {
    stopMany(world, side, 1, count);
  }
}

function rollup(pid: string): string {
  return readFileSync(`/proc/${pid.trim()}/smaps_rollup`, 'utf8');
}

using world = makeWorld(new URL('../bin', import.meta.url).pathname, process.env.LXC_PEER ?? '/usr/bin');
const [ours, theirs] = [memoryOf(world, 'a'), memoryOf(world, 'b')];
const row = (title: string, field: keyof Memory) =>
  `| ${title} | ${ours[field].toFixed(0)} | ${theirs[field].toFixed(0)} | ${(ours[field] / theirs[field]).toFixed(3)} |`;
console.log(`| Monitor, ${count} containers | Ours KB | C LXC KB | Ratio |\n|---|---|---|---|`);
console.log([row('RSS', 'rss'), row('PSS', 'pss'), row('Private dirty', 'dirty')].join('\n'));
