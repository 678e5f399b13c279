/** What idle containers hold: their monitors, and the kernel for them. */

import { readFileSync } from 'node:fs';
import type { Memory, MemoryFigures } from '../figures.ts';
import { pauseMs } from '../run.ts';
import { mean } from '../statistics.ts';
import type { Side, World } from '../world.ts';
import { type Crowd, loop, makeCrowd, pidFileOf, removeCrowd } from './crowd.ts';

const sampleMs = 250;
const longestMs = 5000;
const steadyKb = 128;

export function measureMemory(world: World, containers: number): MemoryFigures {
  return { containers, ours: ofSide(world, 'a', containers), theirs: ofSide(world, 'b', containers) };
}

function ofSide(world: World, side: Side, containers: number): Memory {
  const crowd = makeCrowd(world, side, 'memory', containers);
  const before = steadySlab();
  try {
    loop(world, 'start', crowd);
    return memoryOf(crowd, before);
  } finally {
    loop(world, 'giveUp', crowd);
    removeCrowd(crowd);
  }
}

/** While all of the crowd run, which did not when the kernel held `slabBefore` kilobytes. */
export function memoryOf(crowd: Crowd, slabBefore: number): Memory {
  const slab = (steadySlab() - slabBefore) / crowd.count;
  const texts = Array.from({ length: crowd.count }, (_, index) => {
    const pid = readFileSync(pidFileOf(crowd, index + 1), 'utf8').trim();
    return readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  });
  const of = (field: string) => mean(texts.map((text) => kilobytes(text, field)));
  return { rss: of('Rss'), pss: of('Pss'), dirty: of('Private_Dirty'), slab };
}

/** Of the kernel, once it has put away what ended before. */
export function steadySlab(): number {
  let slab = slabNow();
  for (let waited = 0; waited < longestMs; waited += sampleMs) {
    pauseMs(sampleMs);
    const last = slab;
    slab = slabNow();
    if (Math.abs(slab - last) <= steadyKb) break;
  }
  return slab;
}

const slabNow = () => kilobytes(readFileSync('/proc/meminfo', 'utf8'), 'Slab');

function kilobytes(text: string, field: string): number {
  return Number(new RegExp(`^${field}:\\s+(\\d+)`, 'm').exec(text)?.[1]);
}
