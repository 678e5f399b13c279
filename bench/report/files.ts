/** Where a run is kept: figures, plots, and the generated part of docs/performance.md between two comments. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type Figures, figuresText } from '../figures.ts';
import { plotsOf } from './plots.ts';
import { reportText } from './report.ts';
import { svgOf } from './svg.ts';

const docs = new URL('../../docs', import.meta.url).pathname;
const directory = join(docs, 'performance');
export const figuresFile = join(directory, 'figures.json');

const begin = '<!-- figures: made by `npm run bench -- --write`, do not edit -->';
const end = '<!-- end of figures -->';

/** The document with a new generated part. */
export function withReport(document: string, report: string): string {
  const [from, to] = [document.indexOf(begin), document.indexOf(end)];
  if (from < 0 || to < from) throw new Error(`docs/performance.md: the line ${begin} or ${end} is not there`);
  return `${document.slice(0, from)}${begin}\n\n${report}\n${document.slice(to)}`;
}

export function writeReport(figures: Figures): void {
  const document = join(docs, 'performance.md');
  const text = withReport(readFileSync(document, 'utf8'), reportText(figures));
  mkdirSync(directory, { recursive: true });
  for (const plot of plotsOf(figures)) writeFileSync(join(directory, `${plot.name}.svg`), svgOf(plot));
  writeFileSync(figuresFile, figuresText(figures));
  writeFileSync(document, text);
}
