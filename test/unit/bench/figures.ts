/** Figures of a run that never was. */

import type { Crowd, Figures, PairFigure } from '../../../bench/figures.ts';

const spread = (median: number) => ({ p10: median / 2, median, p90: median * 2 });

export function pair(row: string, mode: 'hot' | 'idle', ratio: number, target?: number): PairFigure {
  const own = { row, title: `\`lxc-${row}\``, peer: 'C LXC', mode, rounds: 3, ratio };
  return {
    ...own,
    ours: spread(10 * ratio),
    theirs: spread(10),
    ...(target === undefined ? {} : { target }),
  };
}

export function crowd(perSecond: number, fifths: readonly number[]): Crowd {
  const loop = { perSecond, fifths };
  return {
    ...{
      first: loop,
      again: loop,
      firstByFour: 1,
      againByFour: 2,
      stops: 3,
      stopsByFour: 4,
      list: 5,
      top: 6,
    },
    memory: { rss: 100, pss: 40, dirty: 30, slab: 400 },
  };
}

const side = (name: 'shared' | 'named' | 'native' | 'peer' | 'raw', median: number) => ({
  ...{ side: name, median, p99: median * 2, perSecond: 1e6 / median, errors: 0 },
});

const sides = [side('shared', 40), side('named', 45), side('native', 90), side('peer', 100), side('raw', 4)];
const spells = (['spread', 'same'] as const).flatMap((placement) =>
  [1, 8].map((readers) => ({ placement, readers, sides })),
);

export const figures: Figures = {
  machine: {
    ...{
      day: '2026-01-02',
      cpus: 2,
      processor: 'A processor',
      memoryMb: 2048,
      kernel: '6.18',
      cgroups: 'v2',
    },
    ...{ load: 0.1, rounds: 3, versions: { 'C LXC': '5.0.2' } },
  },
  pairs: [pair('start', 'hot', 0.4, 0.45), pair('start', 'idle', 0.2, 0.15), pair('ls-1', 'hot', 0.7)],
  memory: {
    containers: 100,
    ours: { rss: 100, pss: 40, dirty: 30, slab: 400 },
    theirs: { rss: 2500, pss: 380, dirty: 350, slab: 500 },
  },
  scale: [{ containers: 500, ours: crowd(300, [3, 3, 3, 3, 3.3]), theirs: crowd(140, [7, 7, 7, 7, 8]) }],
  autostart: { containers: 200, ours: { start: 500, stop: 100 }, theirs: { start: 1500, stop: 900 } },
  view: {
    spells,
    files: [{ file: 'proc/meminfo', readers: 1, placement: 'spread', sides }],
    stalls: [{ which: 'one', kills: 20, errors: 0, longestMs: 40 }],
  },
  leftOut: [{ what: 'podman', why: 'There is no podman; apt-get install podman' }],
};
