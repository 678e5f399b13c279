/** What lxc-top shows of samples: the table, the lines of a batch, JSON, and the order of containers. Pure. */

import { ticksPerSecond } from '../cgroup/usage.ts';
import type { Window } from '../run/session.ts';
import type { Consumer, Sample } from '../run/top.ts';
import { sizeText } from './units.ts';

/** By the letter of -s and of the key. */
export const sortKeys = {
  n: undefined,
  c: ({ cpuNanoseconds }) => cpuNanoseconds,
  b: ({ blkioBytes }) => blkioBytes,
  m: ({ memoryBytes }) => memoryBytes,
  s: ({ memorySwapBytes }) => memorySwapBytes,
  k: ({ kernelMemoryBytes }) => kernelMemoryBytes,
} as const satisfies Record<string, ((consumer: Consumer) => number | undefined) | undefined>;

export type SortKey = keyof typeof sortKeys;

export function isSortKey(text: string): text is SortKey {
  return Object.hasOwn(sortKeys, text);
}

export interface Order {
  readonly by: SortKey;
  readonly isReverse: boolean;
}

/** Names from A to Z, amounts from the most to the least; reverse turns that round. */
export function sorted(containers: readonly Consumer[], { by, isReverse }: Order): readonly Consumer[] {
  const amount = sortKeys[by];
  const names = (a: Consumer, b: Consumer) => (a.name < b.name ? -1 : a.name > b.name ? 1 : 0);
  const compare = (a: Consumer, b: Consumer) =>
    amount === undefined ? names(a, b) : (amount(b) ?? 0) - (amount(a) ?? 0) || names(a, b);
  return containers.toSorted((a, b) => (isReverse ? compare(b, a) : compare(a, b)));
}

interface Column {
  readonly title: readonly [string, string];
  readonly width: number;
  readonly cell: (consumer: Consumer) => string;
  /** In the line of the totals. */
  readonly sum: (all: readonly Consumer[]) => string;
}

type Amount = (consumer: Consumer) => number | undefined;

function column(title: Column['title'], width: number, amount: Amount, text: (n: number) => string): Column {
  const cell = (consumer: Consumer) => {
    const value = amount(consumer);
    return value === undefined ? '-' : text(value);
  };
  return { title, width, cell, sum: (all) => text(total(all, amount)) };
}

function total(all: readonly Consumer[], amount: Amount): number {
  return all.reduce((sum, one) => sum + (amount(one) ?? 0), 0);
}

const seconds = (ticks: number) => (ticks / ticksPerSecond).toFixed(2);
const ioOf = (all: readonly Consumer[]) => {
  const parts = [
    total(all, (one) => one.blkioBytes),
    total(all, (one) => one.blkioReadBytes),
    total(all, (one) => one.blkioWriteBytes),
  ].map(sizeText);
  return `${parts[0]}(${parts[1]}/${parts[2]})`;
};

/** Those of LXC in its order and widths; CPU % and PIDs are ours. */
const columns: readonly Column[] = [
  column(
    ['CPU', 'Used'],
    12,
    (one) => one.cpuNanoseconds,
    (n) => (n / 1e9).toFixed(2),
  ),
  column(['CPU', 'Sys'], 12, (one) => one.cpuSystemTicks, seconds),
  column(['CPU', 'User'], 12, (one) => one.cpuUserTicks, seconds),
  { title: ['BlkIO', 'Total(Read/Write)'], width: 36, cell: (one) => ioOf([one]), sum: ioOf },
  column(['Mem', 'Used'], 10, (one) => one.memoryBytes, sizeText),
  column(['MemSw', 'Used'], 10, (one) => one.memorySwapBytes, sizeText),
  column(['KMem', 'Used'], 10, (one) => one.kernelMemoryBytes, sizeText),
  column(
    ['CPU', '%'],
    6,
    (one) => one.cpuPercent,
    (n) => n.toFixed(1),
  ),
  column(['PIDs', ''], 5, (one) => one.pids, String),
];

/** Lines of the screen, none longer or more than fits. A window of no size has none that is known. */
export function screenLines({ containers }: Sample, order: Order, window: Window): readonly string[] {
  const [width, height] = [window.columns || 80, window.rows || 24];
  const shown = sorted(containers, order).slice(0, Math.max(0, height - 3));
  const line = (first: string, cell: (one: Column) => string) =>
    [first.slice(0, 18).padEnd(18), ...columns.map((one) => cell(one).padStart(one.width))].join(' ');
  return [
    line('Container', ({ title }) => title[0]),
    line('Name', ({ title }) => title[1]),
    ...shown.map((one) => line(printable(one.name), ({ cell }) => cell(one))),
    line(`TOTAL ${shown.length} of ${containers.length}`, ({ sum }) => sum(containers)),
  ].map((text) => text.slice(0, width).trimEnd());
}

/** A directory may be named anything; a terminal obeys some of it. */
function printable(name: string): string {
  return name.replace(/[\p{Cc}\p{Cf}]/gu, '?');
}

export const batchHeader =
  'time_ms,container,cpu_nanos,cpu_sys_userhz,cpu_user_userhz,blkio_bytes,blkio_iops,mem_used_bytes,memsw_used_bytes,kernel_mem_used_bytes\n';

export function batchText({ milliseconds, containers }: Sample, order: Order): string {
  return sorted(containers, order)
    .map((one) => {
      const numbers = [
        one.cpuNanoseconds,
        one.cpuSystemTicks,
        one.cpuUserTicks,
        one.blkioBytes,
        one.blkioOperations,
        one.memoryBytes,
        one.memorySwapBytes,
        one.kernelMemoryBytes,
      ];
      return `${[milliseconds, one.name, ...numbers.map((n) => n ?? 0)].join(',')}\n`;
    })
    .join('');
}

/** One document a line; what no file of the host tells is not there. */
export function jsonLine({ milliseconds, containers }: Sample, order: Order): string {
  return `${JSON.stringify({ time: milliseconds, containers: sorted(containers, order) })}\n`;
}
