/** Commands beside their peers': ratios with their targets, and times with their spread. */

import type { CustomSeriesOption, CustomSeriesRenderItem, ScatterSeriesOption } from 'echarts';
import type { Figures, Mode, PairFigure, Spread } from '../figures.ts';
import { axisName, colours, frame, names, plain, width } from './look.ts';
import type { Plot } from './svg.ts';
import { verdictsOf } from './verdicts.ts';

const labelRoom = 390;

/** What is neither hot nor idle is `other`. */
export const kinds = ['hot', 'idle', 'other'] as const;
type ByKind = { readonly [Kind in (typeof kinds)[number]]?: number };

export interface RatioLine {
  readonly label: string;
  readonly ratio: ByKind;
  readonly target: ByKind;
}

/** A line for each row of pairs, then one for each other target of the design. */
export function ratioLines(figures: Figures): readonly RatioLine[] {
  const { pairs } = figures;
  const rows = [...new Set(pairs.map(({ row }) => row))].map((row): RatioLine => {
    const own = pairs.filter((pair) => pair.row === row);
    return {
      label: labelOf(own[0]),
      ratio: Object.fromEntries(own.map(({ mode, ratio }) => [mode, ratio])),
      target: Object.fromEntries(own.flatMap(({ mode, target }) => (target ? [[mode, target]] : []))),
    };
  });
  const titles = new Set(pairs.map(({ title, mode }) => `${title}, ${mode}`));
  const others = verdictsOf(figures).flatMap(({ what, ratio, limit, peer }): RatioLine[] =>
    ratio === undefined || limit === undefined || titles.has(what)
      ? []
      : [{ label: plain(`${what} (${peer})`), ratio: { other: ratio }, target: { other: limit } }],
  );
  return [...rows, ...others];
}

function labelOf(pair: PairFigure | undefined): string {
  if (pair === undefined) return '';
  return plain(pair.peer === 'C LXC' ? pair.title : `${pair.title} (${pair.peer})`);
}

const looks = {
  hot: ['hot', colours.ours, colours.ours],
  idle: ['idle (60 ms pause)', colours.theirs, colours.theirs],
  other: ['memory, rates, proc view', colours.kernel, colours.kernelToo],
} as const;

export function ratiosPlot(figures: Figures): Plot {
  const lines = ratioLines(figures);
  const series = kinds.flatMap((kind) => {
    const [name, color, targetColor] = looks[kind];
    const of = (what: 'ratio' | 'target') => lines.flatMap((line, at) => pointAt(line[what][kind], at));
    return [
      scatter(name, color, 'circle', 10, of('ratio')),
      scatter(`target, ${kind}`, targetColor, 'rect', [3, 20], of('target')),
    ];
  });
  const option = {
    ...frame('Ours / peer: 1 is as fast or as large as the peer, left is better', labelRoom + 20),
    xAxis: { type: 'log' as const, ...decades(lines), ...axisName('ratio of medians (logarithmic)') },
    yAxis: names(
      lines.map(({ label }) => label),
      labelRoom,
    ),
    series: series.map((one, at) => (at === 0 ? { ...one, markLine: equal } : one)),
  };
  return { name: 'ratios', width, height: 150 + lines.length * 30, option };
}

/** Whole powers of ten with everything between them. */
function decades(lines: readonly RatioLine[]): { readonly min: number; readonly max: number } {
  const all = lines.flatMap(({ ratio, target }) => [ratio, target].flatMap((by) => Object.values(by)));
  const [least, most] = [Math.min(0.1, ...all), Math.max(1.01, ...all)];
  return { min: 10 ** Math.floor(Math.log10(least)), max: 10 ** Math.ceil(Math.log10(most)) };
}

const equal = {
  silent: true,
  symbol: 'none',
  label: { show: false },
  lineStyle: { color: '#64748b', type: 'dashed' as const },
  data: [{ xAxis: 1 }],
};

function pointAt(value: number | undefined, line: number): readonly (readonly [number, number])[] {
  return value === undefined ? [] : [[value, line]];
}

function scatter(
  name: string,
  color: string,
  symbol: string,
  symbolSize: number | number[],
  data: readonly (readonly [number, number])[],
): ScatterSeriesOption {
  return {
    ...{ type: 'scatter', name, symbol, symbolSize },
    itemStyle: { color, opacity: 1 },
    data: data.map((point) => [...point]),
  };
}

// ---- times ----

export function timesPlot(pairs: readonly PairFigure[], mode: Mode): Plot {
  const own = pairs.filter((pair) => pair.mode === mode);
  const labels = own.map(labelOf);
  const title = mode === 'hot' ? 'command after command' : 'with a pause of 60 ms before each command';
  const option = {
    ...frame(`Milliseconds, ${title}: median, p10 to p90`, labelRoom + 20),
    xAxis: { type: 'log' as const, ...axisName('ms (logarithmic)') },
    yAxis: names(labels, labelRoom),
    series: [
      ranges(
        'ours',
        colours.ours,
        -6,
        own.map(({ ours }) => ours),
      ),
      ranges(
        'peer',
        colours.theirs,
        6,
        own.map(({ theirs }) => theirs),
      ),
    ],
  };
  return { name: `times-${mode}`, width, height: 150 + own.length * 30, option };
}

/** A dot at the median on a line from p10 to p90, `shift` pixels below the middle of its row. */
function ranges(name: string, color: string, shift: number, spreads: readonly Spread[]): CustomSeriesOption {
  const renderItem: CustomSeriesRenderItem = (_, api) => {
    const at = (column: number) => api.coord([api.value(column), api.value(3)]);
    const [[low = 0, y = 0], [middle = 0], [high = 0]] = [at(0), at(1), at(2)];
    const line = { x1: low, y1: y + shift, x2: high, y2: y + shift };
    return {
      type: 'group',
      children: [
        { type: 'line', shape: line, style: { stroke: color, lineWidth: 3, opacity: 0.45 } },
        { type: 'circle', shape: { cx: middle, cy: y + shift, r: 5 }, style: { fill: color } },
      ],
    };
  };
  return {
    ...{ type: 'custom', name, renderItem },
    itemStyle: { color },
    encode: { x: [0, 1, 2], y: 3 },
    data: spreads.map(({ p10, median, p90 }, line) => [p10, median, p90, line]),
  };
}
