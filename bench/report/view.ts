/** The proc view, as tables. */

import type { Figures } from '../figures.ts';
import type { Figure } from '../lxcfs/measure.ts';
import { type Side, sides } from '../lxcfs/world.ts';
import { placements, readerCounts, type ViewFigures, type ViewSpell } from '../rows/proc-view.ts';
import { plot, table } from './markdown.ts';

export const sideTitles: Readonly<Record<Side, string>> = {
  shared: 'ours, shared tree',
  named: 'ours, by name',
  native: 'ours, fuse-native',
  peer: 'LXCFS',
  raw: '/proc itself',
};

export function viewTables({ view }: Figures): readonly string[] {
  if (view === undefined) return [];
  return [
    '## The proc view',
    intro,
    spellTable(view),
    plot('proc-view', alt),
    ...readerCounts.map((readers) => fileTable(view, readers)),
    stallTable(view),
  ];
}

const alt = 'Microseconds to open, read and close meminfo, by readers and placement';
const intro = `Open, read to the end and close, by one static reader in a container with 256 MB that has every view below a directory of its
own. *Spread*: each process where the scheduler puts it. *Same*: readers and all servers on CPU 0.`;

function spellTable({ spells }: ViewFigures): string {
  const head = ['`meminfo` from', 'Readers', 'Placement', 'us median', 'p99', 'Reads a second'];
  const rows = spells.flatMap((spell) => spell.sides.map((figure) => spellRow(spell, figure)));
  return table([...head, 'of LXCFS: median', 'p99', 'rate', 'Failed'], rows);
}

function spellRow(
  { readers, placement, sides: all }: ViewSpell,
  figure: Figure,
): readonly (string | number)[] {
  const { median, p99, perSecond, errors, side } = figure;
  const own = [median.toFixed(1), p99.toFixed(0), perSecond.toFixed(0)];
  const theirs = all.find((one) => one.side === 'peer');
  const isOurs = side !== 'peer' && side !== 'raw' && theirs !== undefined;
  const ratios = isOurs
    ? [median / theirs.median, p99 / theirs.p99, perSecond / theirs.perSecond].map((one) => one.toFixed(2))
    : ['', '', ''];
  return [sideTitles[side], readers, placement, ...own, ...ratios, errors];
}

function fileTable({ files: all }: ViewFigures, readers: number): string {
  const files = all.filter((one) => one.readers === readers);
  const shown = sides.filter((side) => files.some((one) => one.sides.some((figure) => figure.side === side)));
  const names = [...new Set(files.map(({ file }) => file))];
  const cell = (file: string, side: Side) => {
    const medians = placements.map((placement) => {
      const found = files.find((one) => one.file === file && one.placement === placement);
      return found?.sides.find((figure) => figure.side === side)?.median.toFixed(1) ?? '-';
    });
    return medians.every((one) => one === '-') ? '-' : medians.join(' / ');
  };
  const who = readers === 1 ? 'One reader' : `${readers} readers`;
  const head = [`${who}: us median, spread / same`, ...shown.map((side) => sideTitles[side])];
  const rows = names.map((file) => [`\`${file}\``, ...shown.map((side) => cell(file, side))]);
  return table(head, rows);
}

function stallTable({ stalls }: ViewFigures): string {
  const rows = stalls.map(({ which, kills, errors, longestMs }) => [
    which === 'one' ? 'one server is killed' : 'both servers are killed',
    kills,
    errors,
    longestMs.toFixed(1),
  ]);
  return table(['A reader while', 'Kills', 'Errors', 'Longest read, ms'], rows);
}
