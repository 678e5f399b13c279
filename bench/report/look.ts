/** How all plots look: colours by who is shown, room for titles, axes. */

import type { EChartsOption } from 'echarts';

export const colours = {
  ours: '#2563eb',
  oursToo: '#60a5fa',
  oursAlso: '#a5b4fc',
  theirs: '#d97706',
  theirsToo: '#fbbf24',
  theirsAlso: '#fde68a',
  kernel: '#9ca3af',
  kernelToo: '#4b5563',
} as const;

export const width = 1000;
const font = 'DejaVu Sans, Verdana, sans-serif';

/** Title at the top, legend below it; `left` is the room for labels of the vertical axis. */
export function frame(title: string, left: number): EChartsOption {
  return {
    textStyle: { fontFamily: font },
    title: { text: title, left: 12, top: 10, textStyle: { fontSize: 15, fontWeight: 'bold' } },
    // Widths of texts are guessed, and guessed too small for some fonts.
    legend: { top: 38, left: 12, itemGap: 32, itemWidth: 14, itemHeight: 12, textStyle: { fontSize: 12 } },
    grid: { left, right: 40, top: 80, bottom: 56 },
  };
}

/** Names from the top to the bottom, a line each. */
export function names(data: readonly string[], room: number) {
  return {
    type: 'category' as const,
    data: [...data],
    inverse: true,
    axisTick: { show: false },
    splitLine: { show: true, lineStyle: { color: '#f1f5f9' } },
    axisLabel: { fontSize: 11, width: room, overflow: 'break' as const, interval: 0 },
  };
}

export function axisName(name: string) {
  return { name, nameLocation: 'middle' as const, nameGap: 34, nameTextStyle: { fontSize: 12 } };
}

/** Titles of rows without the marks of Markdown. */
export function plain(text: string): string {
  return text.replaceAll('`', '');
}
