/** Many containers: what they cost in memory, how fast they start, and whether the last ones are slower. */

import type { BarSeriesOption, LineSeriesOption } from 'echarts';
import type { Crowd, MemoryFigures, ScaleFigures } from '../figures.ts';
import { axisName, colours, frame, width } from './look.ts';
import { short } from './markdown.ts';
import type { Plot } from './svg.ts';

const fields = [
  ['monitor: RSS', 'rss'],
  ['monitor: PSS', 'pss'],
  ['monitor: private dirty', 'dirty'],
  ['kernel: slab', 'slab'],
] as const;

export function memoryPlot({ containers, ours, theirs }: MemoryFigures): Plot {
  const option = {
    ...frame(`Memory for each of ${containers} idle containers`, 80),
    xAxis: { type: 'category' as const, data: fields.map(([title]) => title) },
    yAxis: { type: 'value' as const, ...axisName('KB'), nameGap: 52 },
    series: [
      bars(
        'ours',
        colours.ours,
        fields.map(([, field]) => ours[field]),
      ),
      bars(
        'C LXC',
        colours.theirs,
        fields.map(([, field]) => theirs[field]),
      ),
    ],
  };
  return { name: 'memory', width, height: 420, option };
}

function bars(name: string, color: string, values: readonly number[]): BarSeriesOption {
  return {
    ...{ type: 'bar', name },
    itemStyle: { color },
    label: { show: true, position: 'top', fontSize: 11, formatter: ({ value }) => short(Number(value)) },
    data: [...values],
  };
}

const kinds = [
  ['ours, new', colours.ours, 'ours', 'first'],
  ['ours, again', colours.oursToo, 'ours', 'again'],
  ['C LXC, new', colours.theirs, 'theirs', 'first'],
  ['C LXC, again', colours.theirsToo, 'theirs', 'again'],
] as const;

const byFour = [
  ['ours, 4 at a time, new', colours.oursAlso, 'ours', 'firstByFour'],
  ['C LXC, 4 at a time, new', colours.theirsAlso, 'theirs', 'firstByFour'],
] as const;

export function startsPlot(scale: readonly ScaleFigures[]): Plot {
  const of = (read: (one: ScaleFigures) => number) => scale.map(read);
  const option = {
    ...frame('Containers started a second, one after the other and 4 at a time', 80),
    xAxis: {
      type: 'category' as const,
      data: of(({ containers }) => containers).map(String),
      ...axisName('containers in the loop'),
    },
    yAxis: { type: 'value' as const, ...axisName('a second'), nameGap: 52 },
    series: [
      ...kinds.map(([name, color, side, kind]) =>
        bars(
          name,
          color,
          of((one) => one[side][kind].perSecond),
        ),
      ),
      ...byFour.map(([name, color, side, kind]) =>
        bars(
          name,
          color,
          of((one) => one[side][kind]),
        ),
      ),
    ].map((series) => ({ ...series, label: { ...series.label, fontSize: 9, formatter: whole } })),
  };
  return { name: 'starts', width, height: 420, option };
}

function whole({ value }: { readonly value?: unknown }): string {
  return Number(value).toFixed(0);
}

/** Of the largest number of containers. */
export function fifthsPlot(scale: readonly ScaleFigures[]): Plot {
  const largest = scale.toSorted((one, other) => other.containers - one.containers)[0];
  const fifths = (crowd: Crowd | undefined, kind: 'first' | 'again') => crowd?.[kind].fifths ?? [];
  const option = {
    ...frame(`Milliseconds a start, in each fifth of ${largest?.containers ?? 0} containers`, 80),
    xAxis: {
      type: 'category' as const,
      data: ['first', 'second', 'third', 'fourth', 'last'],
      ...axisName('fifth of the loop'),
    },
    yAxis: { type: 'value' as const, min: 0, ...axisName('ms'), nameGap: 52 },
    series: kinds.map(([name, color, side, kind]) => line(name, color, fifths(largest?.[side], kind))),
  };
  return { name: 'fifths', width, height: 400, option };
}

function line(name: string, color: string, values: readonly number[]): LineSeriesOption {
  return {
    ...{ type: 'line', name, symbol: 'circle', symbolSize: 8 },
    itemStyle: { color },
    lineStyle: { color, width: 2 },
    data: [...values],
  };
}
