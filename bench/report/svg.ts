/** Plots as SVG: the same figures give the same bytes. */

import { type EChartsOption, init } from 'echarts';

export interface Plot {
  readonly name: string;
  readonly width: number;
  readonly height: number;
  readonly option: EChartsOption;
}

export function svgOf({ width, height, option }: Plot): string {
  const chart = init(null, null, { renderer: 'svg', ssr: true, width, height });
  try {
    chart.setOption({ animation: false, backgroundColor: '#fff', ...option });
    return `${still(chart.renderToSVGString())}\n`;
  } finally {
    chart.dispose();
  }
}

/** Without what only a page with a mouse needs, whose names count the plots that this process has drawn. */
function still(svg: string): string {
  return svg
    .replace(/<style\b[\s\S]*?<\/style>\n?/g, '')
    .replaceAll(/ (?:class|ecmeta_\w+)="[^"]*"/g, '')
    .replaceAll(/\bzr\d+-/g, 'plot-');
}
