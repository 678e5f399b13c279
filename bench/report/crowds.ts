/** Memory and many containers, as tables. */

import type {
  AutostartFigures,
  Both,
  Crowd,
  Figures,
  Memory,
  MemoryFigures,
  ScaleFigures,
} from '../figures.ts';
import { type Cell, plot, short, table } from './markdown.ts';

/** Fewer containers than this are lost in what else the kernel allocates. */
export const enoughForSlab = 100;

export function crowdTables({ memory, scale, autostart }: Figures): readonly string[] {
  const many = scale ?? [];
  return [
    ...(memory ? ['## Memory', memoryTable(memory)] : []),
    ...(memory ? [plot('memory', 'Kilobytes for each idle container')] : []),
    ...(many.length > 0 || autostart ? ['## Many containers', intro] : []),
    ...(many.length > 0 ? [scaleTable(many), fifthsTable(many)] : []),
    ...(many.length > 0
      ? [
          plot('starts', 'Starts a second by the number of containers'),
          plot('fifths', 'Milliseconds a start, in each fifth of the loop'),
        ]
      : []),
    ...(autostart ? [autostartTable(autostart)] : []),
  ];
}

const intro = `Each in a loop of a shell, and by \`xargs -P 4\`. *New*: containers that were never started before. *Again*: the same ones a
second time. Memory, \`lxc-ls -f\` and the first refresh of \`lxc-top -b\` are with all of them running.`;

function memoryTable({ containers, ours, theirs }: MemoryFigures): string {
  const line = (title: string, field: keyof Memory): readonly Cell[] => [
    title,
    ours[field].toFixed(0),
    theirs[field].toFixed(0),
    (ours[field] / theirs[field]).toFixed(3),
  ];
  return table(
    [`KB for each of ${containers} idle containers`, 'Ours', 'C LXC', 'Ratio'],
    [
      line('Monitor: RSS', 'rss'),
      line('Monitor: PSS', 'pss'),
      line('Monitor: private dirty', 'dirty'),
      line('Kernel: slab', 'slab'),
    ],
  );
}

// ---- by number ----

/** One figure of a crowd; `faster` where more is better. */
interface Measure {
  readonly title: string;
  readonly of: (crowd: Crowd) => number;
  readonly least?: number;
}

const measures: readonly Measure[] = [
  { title: 'Starts a second, new', of: ({ first }) => first.perSecond },
  { title: 'Starts a second, again', of: ({ again }) => again.perSecond },
  { title: '4 at a time, new', of: ({ firstByFour }) => firstByFour },
  { title: '4 at a time, again', of: ({ againByFour }) => againByFour },
  { title: 'Stops a second', of: ({ stops }) => stops },
  { title: 'Stops, 4 at a time', of: ({ stopsByFour }) => stopsByFour },
  { title: 'RSS of a monitor, KB', of: ({ memory }) => memory.rss },
  { title: 'PSS of a monitor, KB', of: ({ memory }) => memory.pss },
  { title: 'Kernel slab a container, KB', of: ({ memory }) => memory.slab, least: enoughForSlab },
  { title: '`lxc-ls -f`, ms', of: ({ list }) => list },
  { title: '`lxc-top` refresh, ms', of: ({ top }) => top },
];

function scaleTable(scale: readonly ScaleFigures[]): string {
  const head = ['Ours / C LXC (ratio)', ...scale.map(({ containers }) => `${containers}`)];
  const rows = measures.map(({ title, of, least = 0 }) => [
    title,
    ...scale.map(({ containers, ours, theirs }) =>
      containers < least
        ? ''
        : `${short(of(ours))} / ${short(of(theirs))} (${ratioOf(of(ours), of(theirs))})`,
    ),
  ]);
  return table(head, rows);
}

function ratioOf(ours: number, theirs: number): string {
  const ratio = ours / theirs;
  return ratio.toFixed(ratio < 0.1 ? 3 : 2);
}

function fifthsTable(scale: readonly ScaleFigures[]): string {
  const kinds = [
    ['new', 'first'],
    ['again', 'again'],
  ] as const;
  const text = (values: readonly number[]) => values.map(short).join(' ');
  const rows = scale.flatMap(({ containers, ours, theirs }) =>
    kinds.map(([title, kind]) => [containers, title, text(ours[kind].fifths), text(theirs[kind].fifths)]),
  );
  return table(['Containers', 'Milliseconds a start, by fifths', 'Ours', 'C LXC'], rows);
}

function autostartTable({ containers, ours, theirs }: AutostartFigures): string {
  const line = (title: string, { ours, theirs }: Both<number>) => [
    title,
    ...[ours, theirs].map((time) => time.toFixed(0)),
    (ours / theirs).toFixed(2),
  ];
  return table(
    [`\`lxc-autostart\`, ${containers} containers`, 'Ours ms', 'C LXC ms', 'Ratio'],
    [
      line('starts all', { ours: ours.start, theirs: theirs.start }),
      line('stops all (`-k`)', { ours: ours.stop, theirs: theirs.stop }),
    ],
  );
}
