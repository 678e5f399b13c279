/**
 * `node bench/proc-view.ts [--files all|meminfo,stat] [--rounds N]`: the proc view beside LXCFS and the kernel's own /proc,
 * open+read+close in alternating phases from inside a container; `npm run bench` has it behind its own rows. Needs what
 * the benchmark needs, and Debian's lxcfs (LXCFS_PEER=FILE for another one).
 */

import { loadavg } from 'node:os';
import { parseArgs } from 'node:util';
import { type Figure, measureFile, type Placement, place, type Spell, warmUp } from './lxcfs/measure.ts';
import { longestStall } from './lxcfs/stall.ts';
import { filesOf, makeViewWorld, type Side, sides, type ViewWorld } from './lxcfs/world.ts';

const peer = process.env.LXCFS_PEER ?? '/usr/bin/lxcfs';
const placements: readonly Placement[] = ['spread', 'same'];
const file = 'proc/meminfo';

/** What the design asks for: of LXCFS's time or rate at most, or at least, so much; milliseconds for the stall. */
const targets = {
  median: { spread: 0.5, same: 0.35 },
  throughput: 2.5,
  p99: 0.3,
  stallMs: 150,
} as const;

export async function benchProcView(rounds: number, chosen: string | undefined): Promise<string> {
  await using world = await makeViewWorld(new URL('../bin', import.meta.url).pathname, peer);
  const files = filesOf(world).filter((one) => chosen === 'all' || isChosen(one, chosen));
  const load = loadavg()[0]?.toFixed(1);
  const head = `${navigator.hardwareConcurrency} CPUs, load average ${load} before, ${rounds} rounds. *Spread*: each process where the scheduler puts it, the figures of an idle machine if it is one. *Same*: readers and all servers on CPU 0.`;
  warmUp(world, file);
  const parts = [head, headline(world, rounds)];
  if (files.length > 0) parts.push(everyFile(world, files, Math.min(rounds, 5)));
  parts.push(await stalls(world));
  return parts.join('\n\n');
}

function isChosen(path: string, chosen: string | undefined): boolean {
  return chosen?.split(',').some((name) => path.endsWith(`/${name}`)) ?? false;
}

// ---- the rows of the design ----

function headline(world: ViewWorld, rounds: number): string {
  const rows = placements.flatMap((placement) => {
    place(world, placement);
    return [1, 8].map((readers) => {
      const spell = { placement, readers, rounds, milliseconds: readers === 1 ? 150 : 250 };
      return { spell, figures: measureFile(world, file, spell) };
    });
  });
  place(world, 'spread');
  const lines = rows.flatMap(({ spell, figures }) =>
    figures.map((figure) => headlineRow(spell, figure, figures)),
  );
  return [
    '| `meminfo` from | Readers | Placement | us median | p99 | Reads a second | of LXCFS: median | p99 | rate | Target |',
    '|---|---|---|---|---|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}

function headlineRow(spell: Spell, figure: Figure, all: readonly Figure[]): string {
  const { readers, placement } = spell;
  const cells = [titles[figure.side], readers, placement, figure.median.toFixed(1), figure.p99.toFixed(0)];
  const theirs = all.find(({ side }) => side === 'peer');
  if (theirs === undefined || figure === theirs || figure.side === 'raw')
    return row([...cells, rate(figure), '', '', '', failed(figure)]);
  const ratios = [figure.median / theirs.median, figure.p99 / theirs.p99];
  const faster = figure.perSecond / theirs.perSecond;
  const shown = [...ratios, faster].map((ratio) => ratio.toFixed(2));
  // The targets are those of our own server.
  const judgement = figure.side === 'native' ? '' : verdict(spell, ratios, faster);
  return row([...cells, rate(figure), ...shown, failed(figure) || judgement]);
}

function verdict(
  { readers, placement }: Spell,
  [median = 0, p99 = 0]: readonly number[],
  faster: number,
): string {
  if (readers === 1)
    return judged(median <= targets.median[placement], `median <= ${targets.median[placement]}`);
  if (placement === 'same') return '';
  const [rateRow, tailRow] = [faster >= targets.throughput, p99 <= targets.p99];
  return `${judged(rateRow, `rate >= ${targets.throughput}`)}, ${judged(tailRow, `p99 <= ${targets.p99}`)}`;
}

function judged(meets: boolean, target: string): string {
  return `${meets ? 'meets' : 'misses'} ${target}`;
}

function failed({ errors }: Figure): string {
  return errors === 0 ? '' : `${errors} failed`;
}

function rate({ perSecond }: Figure): string {
  return perSecond.toFixed(0);
}

const titles: Readonly<Record<Side, string>> = {
  shared: 'ours, shared tree',
  named: 'ours, by name',
  native: 'ours, fuse-native',
  peer: 'LXCFS',
  raw: '/proc itself',
};

// ---- every file ----

function everyFile(world: ViewWorld, files: readonly string[], rounds: number): string {
  const tables = placements.map((placement) => {
    place(world, placement);
    const rows = files.map((path) => {
      const figures = measureFile(world, path, { placement, readers: 1, rounds, milliseconds: 40 });
      const of = (side: Side) => figures.find((figure) => figure.side === side);
      return row([`\`${path}\``, ...sides.map((side) => of(side)?.median.toFixed(1) ?? '-')]);
    });
    const head = row([`One reader, ${placement}: us median`, ...sides.map((side) => titles[side])]);
    return [head, row(['---', ...sides.map(() => '---')]), ...rows].join('\n');
  });
  place(world, 'spread');
  return tables.join('\n\n');
}

// ---- while servers are killed ----

async function stalls(world: ViewWorld): Promise<string> {
  const kinds = { one: 'one server killed', both: 'both servers killed' } as const;
  const rows: string[] = [];
  for (const kind of ['one', 'both'] as const) {
    const { longest, errors, kills } = await longestStall(world, kind);
    const meets = judged(errors === 0 && longest < targets.stallMs, `< ${targets.stallMs} ms, no error`);
    rows.push(row([kinds[kind], kills, errors, longest.toFixed(1), meets]));
  }
  return [
    '| A reader while | Kills | Errors | Longest read, ms | Target |',
    '|---|---|---|---|---|',
    ...rows,
  ].join('\n');
}

function row(cells: readonly (string | number)[]): string {
  return `| ${cells.join(' | ')} |`;
}

if (import.meta.main) {
  const { values } = parseArgs({
    options: { files: { type: 'string', default: 'all' }, rounds: { type: 'string', default: '9' } },
  });
  console.log(await benchProcView(Number(values.rounds), values.files));
}
