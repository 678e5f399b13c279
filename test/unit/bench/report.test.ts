/** What a run says about itself: verdicts, tables, plots, and the page they are written into. */

import { expect, test } from 'vitest';
import { figuresText, merged } from '../../../bench/figures.ts';
import { withReport } from '../../../bench/report/files.ts';
import { plotsOf } from '../../../bench/report/plots.ts';
import { ratioLines } from '../../../bench/report/plots-pairs.ts';
import { reportText } from '../../../bench/report/report.ts';
import { svgOf } from '../../../bench/report/svg.ts';
import { verdictsOf } from '../../../bench/report/verdicts.ts';
import { crowd, figures, pair } from './figures.ts';

const verdict = (what: string, run = figures) => verdictsOf(run).find((one) => one.what.includes(what));

test('A ratio meets its target or misses it', () => {
  expect(verdict('start`, hot')).toMatchObject({ target: '<= 0.45x', measured: '0.40x', meets: true });
  expect(verdict('start`, idle')).toMatchObject({ target: '<= 0.15x', measured: '0.20x', meets: false });
});

test('A row without a target has no verdict', () => {
  expect(verdict('ls-1')).toBeUndefined();
});

test('A ratio just above its target shows that it is', () => {
  const pairs = [pair('start', 'idle', 0.1512, 0.15)];
  expect(verdict('start', { ...figures, pairs })).toMatchObject({ measured: '0.151x', meets: false });
});

test('A loop has to be twice as fast and flat', () => {
  const scale = (fifths: readonly number[], rate = 300) => ({
    ...figures,
    scale: [{ containers: 500, ours: crowd(rate, fifths), theirs: crowd(140, [7, 7]) }],
  });
  const meets = (run: typeof figures) => verdict('never started before', run)?.meets;
  expect(meets(figures)).toBe(true);
  expect(meets(scale([3, 3, 3, 3, 6]))).toBe(false);
  expect(meets(scale([3, 3, 3, 3, 3], 270))).toBe(false);
});

test('The proc view is judged by the slower of its trees', () => {
  expect(verdict('idle machine')?.measured).toBe('0.45x');
  expect(verdict('throughput')).toMatchObject({ measured: '2.22x', meets: false });
});

test('What was not measured is told as that', () => {
  const { machine, pairs, leftOut } = figures;
  const bare = { machine, pairs, leftOut };
  expect(verdict('500 containers', bare)?.meets).toBeUndefined();
  expect(verdict('both servers')?.meets).toBeUndefined();
  expect(reportText(bare)).toContain('not measured');
});

test('The report has each part that was measured, and why others were not', () => {
  const report = reportText(figures);
  for (const part of ['## Memory', '## Many containers', '## The proc view', '## Not measured'])
    expect(report).toContain(part);
  expect(report).toContain('| Monitor: PSS | 40 | 380 | 0.105 |');
  expect(report).toContain('- podman: There is no podman; apt-get install podman');
  expect(report).toContain('6 of 11 are met.');
});

test('Every picture of the report is drawn, and no other', () => {
  const shown = [...reportText(figures).matchAll(/\(performance\/([\w-]+)\.svg\)/g)].map(([, name]) => name);
  expect(plotsOf(figures).map(({ name }) => name)).toEqual(shown);
});

test('The same figures are drawn in the same bytes', () => {
  const drawn = () => plotsOf(figures).map(svgOf);
  expect(drawn()).toEqual(drawn());
  for (const svg of drawn()) expect(svg).toMatch(/^<svg /);
});

test('A row of the ratios has hot, idle and their targets in one line', () => {
  const lines = ratioLines(figures);
  expect(lines[0]).toEqual({
    ...{ label: 'lxc-start', ratio: { hot: 0.4, idle: 0.2 }, target: { hot: 0.45, idle: 0.15 } },
  });
  expect(lines.find(({ label }) => label.includes('PSS'))?.target).toEqual({ other: 0.1 });
});

test('Saved figures have four digits', () => {
  const text = figuresText({ ...figures, pairs: [pair('start', 'hot', 0.123456)] });
  expect(JSON.parse(text).pairs[0].ratio).toBe(0.1235);
});

test('Rows measured again take the places of the earlier ones', () => {
  const { machine, leftOut } = figures;
  const later = { machine: { ...machine, load: 3 }, pairs: [pair('start', 'hot', 0.3, 0.45)], leftOut: [] };
  const both = merged(figures, later, ['start']);
  expect(both.pairs.map(({ row, mode, ratio }) => [row, mode, ratio])).toEqual([
    ['start', 'hot', 0.3],
    ['start', 'idle', 0.2],
    ['ls-1', 'hot', 0.7],
  ]);
  expect(both).toMatchObject({ machine, leftOut, memory: figures.memory });
  expect(reportText(both)).toContain('Measured again on 2026-01-02 (load 3.00 before, 3 rounds): start.');
});

test('What was left out is not any more once it was measured again', () => {
  const left = (...names: string[]) => names.map((what) => ({ what, why: 'no memory' }));
  const earlier = { ...figures, leftOut: left('podman', 'scale 1000', 'cold-ls', 'cold') };
  const later = { machine: figures.machine, pairs: [], leftOut: left('podman') };
  const names = (only: string[]) => merged(earlier, later, only).leftOut.map(({ what }) => what);
  expect(names(['podman', 'scale', 'cold'])).toEqual(['podman']);
});

test('The report is written between its two comments', () => {
  const begin = '<!-- figures: made by `npm run bench -- --write`, do not edit -->';
  const page = `# Page\n\n${begin}\nold\n<!-- end of figures -->\n\nRest\n`;
  expect(withReport(page, 'new\n')).toBe(`# Page\n\n${begin}\n\nnew\n\n<!-- end of figures -->\n\nRest\n`);
  expect(() => withReport('# Page\n', 'new\n')).toThrow('is not there');
});
