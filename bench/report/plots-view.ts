/** The proc view: how long a read takes, by who serves it, how many read and where they run. */

import { placements, readerCounts, type ViewFigures } from '../rows/proc-view.ts';
import { axisName, colours, frame, width } from './look.ts';
import { short } from './markdown.ts';
import type { Plot } from './svg.ts';
import { sideTitles } from './view.ts';

const shownSides = [
  ['shared', colours.ours],
  ['named', colours.oursToo],
  ['native', colours.oursAlso],
  ['peer', colours.theirs],
  ['raw', colours.kernel],
] as const;

export function viewPlot({ spells }: ViewFigures): Plot {
  const groups = readerCounts.flatMap((readers) =>
    placements.map((placement) => ({
      label: `${readers === 1 ? '1 reader' : `${readers} readers`}, ${placement}`,
      sides: spells.find((one) => one.readers === readers && one.placement === placement)?.sides ?? [],
    })),
  );
  const served = shownSides.filter(([side]) =>
    groups.some((group) => group.sides.some((one) => one.side === side)),
  );
  const option = {
    ...frame('Open, read and close meminfo: median', 80),
    xAxis: { type: 'category' as const, data: groups.map(({ label }) => label) },
    yAxis: { type: 'log' as const, min: 1, ...axisName('us (logarithmic)'), nameGap: 52 },
    series: served.map(([side, color]) => ({
      ...{ type: 'bar' as const, name: sideTitles[side], itemStyle: { color } },
      label: {
        ...{ show: true, position: 'top' as const, fontSize: 10 },
        formatter: ({ value }: { readonly value?: unknown }) => short(Number(value)),
      },
      data: groups.map((group) => group.sides.find((one) => one.side === side)?.median ?? '-'),
    })),
  };
  return { name: 'proc-view', width, height: 420, option };
}
