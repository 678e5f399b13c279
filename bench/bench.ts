/**
 * `npm run bench [-- --only start-stop,attach] [--rounds N] [--format json|md]`: our commands and C LXC's in alternating
 * pairs, hot (back to back) and idle (60 ms before each command: a hot loop hides the kernel's RCU waits). Needs root,
 * a built checkout, a C compiler and Debian's lxc in /usr/bin (LXC_PEER=DIR for another place).
 */

import { parseArgs } from 'node:util';
import { type Figure, measure } from './measure.ts';
import { benchProcView } from './proc-view.ts';
import { rows } from './rows.ts';
import { makeWorld } from './world.ts';

const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    rounds: { type: 'string', default: '40' },
    format: { type: 'string', default: 'md' },
  },
});

function measureAll(): Figure[] {
  const chosen = values.only?.split(',') ?? rows.map((row) => row.name);
  using world = makeWorld(new URL('../bin', import.meta.url).pathname, process.env.LXC_PEER ?? '/usr/bin');
  const figures: Figure[] = [];
  for (const row of rows.filter(({ name }) => chosen.includes(name))) {
    for (const mode of ['hot', 'idle'] as const) {
      if (mode === 'hot' && row.target.hot === undefined) continue;
      figures.push(measure(row, mode, Number(values.rounds), world));
    }
  }
  return figures;
}

const ms = (value: number) => value.toFixed(2);

function verdict(figure: Figure): string {
  if (figure.target === undefined) return '';
  return `${figure.ratio <= figure.target ? 'meets' : 'misses'} <= ${figure.target}`;
}

function table(figures: readonly Figure[]): string {
  const head =
    '| What | Mode | Ours ms (p10-p90) | C LXC ms (p10-p90) | Ratio | Target |\n|---|---|---|---|---|---|';
  const lines = figures.map((figure) => {
    const side = (spread: Figure['ours']) => `${ms(spread.median)} (${ms(spread.p10)}-${ms(spread.p90)})`;
    const cells = [
      figure.title,
      figure.mode,
      side(figure.ours),
      side(figure.theirs),
      figure.ratio.toFixed(2),
    ];
    return `| ${[...cells, verdict(figure)].join(' | ')} |`;
  });
  return [head, ...lines].join('\n');
}

const figures = measureAll();
if (values.format === 'json') console.log(JSON.stringify(figures, undefined, 2));
else if (figures.length > 0) console.log(`${table(figures)}\n`);
const wholeView = values.only === undefined || values.only.split(',').includes('proc-view');
if (wholeView && values.format === 'md') console.log(await benchProcView(9, 'all'));
