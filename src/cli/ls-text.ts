/** The columns of lxc-ls, as text and as JSON. Pure. */

import type { Listed } from '../run/listing.ts';
import { tableText } from './table.ts';
import { megabytesText, secondsText } from './units.ts';

/** In the order in which LXC documents them, with CPU, IO and PIDS of ours; an empty cell is shown as `-`. */
export const columns = {
  NAME: ({ name, depth }) => (depth === 0 ? name : `${' '.repeat(depth - 1)}\\${name.split('/').at(-1)}`),
  STATE: ({ state }) => state ?? '',
  PID: ({ pid }) => pid?.toString() ?? '',
  RAM: ({ memoryBytes }) => (memoryBytes === undefined ? '' : megabytesText(memoryBytes)),
  SWAP: ({ swapBytes }) => (swapBytes === undefined ? '' : megabytesText(swapBytes)),
  CPU: ({ cpuNanoseconds }) => (cpuNanoseconds === undefined ? '' : secondsText(cpuNanoseconds)),
  IO: ({ blkioBytes }) => (blkioBytes === undefined ? '' : megabytesText(blkioBytes)),
  PIDS: ({ pids }) => pids?.toString() ?? '',
  AUTOSTART: ({ autostart }) => (autostart === undefined ? '' : autostart ? '1' : '0'),
  GROUPS: ({ groups }) => groups.join(', '),
  INTERFACE: ({ interfaces }) => interfaces.join(', '),
  IPV4: ({ ipv4 }) => ipv4.join(', '),
  IPV6: ({ ipv6 }) => ipv6.join(', '),
  UNPRIVILEGED: ({ unprivileged }) => (unprivileged === undefined ? '' : `${unprivileged}`),
} as const satisfies Record<string, (row: Listed) => string>;

export type Column = keyof typeof columns;

export const defaultColumns: readonly Column[] = [
  'NAME',
  'STATE',
  'AUTOSTART',
  'GROUPS',
  'IPV4',
  'IPV6',
  'UNPRIVILEGED',
];

/** `name,STATE`, blanks and case do not matter; the word that names no column otherwise. */
export function parseColumns(
  text: string,
): { readonly columns: readonly Column[] } | { readonly invalid: string } {
  const words = text.split(',').flatMap((word) => word.trim() || []);
  const found = words.map((word) => columnOf(word.toUpperCase()));
  const invalid = words.find((_, at) => found[at] === undefined);
  return invalid === undefined ? { columns: found.flatMap((name) => name ?? []) } : { invalid };
}

function columnOf(word: string): Column | undefined {
  return isColumn(word) ? word : undefined;
}

function isColumn(word: string): word is Column {
  return Object.hasOwn(columns, word);
}

export function lsText(rows: readonly Listed[], shown: readonly Column[]): string {
  if (rows.length === 0) return '';
  return tableText([shown, ...rows.map((row) => shown.map((column) => columns[column](row) || '-'))]);
}

/** Every fact of every container under its own name, whatever columns the table would have. */
export function lsJson(rows: readonly Listed[]): object {
  return rows.map(({ name, state, pid, memoryBytes, swapBytes, ...rest }) => ({
    name,
    state: state ?? null,
    pid: pid ?? null,
    memoryBytes: memoryBytes ?? null,
    swapBytes: swapBytes ?? null,
    cpuNanoseconds: rest.cpuNanoseconds ?? null,
    blkioBytes: rest.blkioBytes ?? null,
    pids: rest.pids ?? null,
    autostart: rest.autostart ?? null,
    groups: rest.groups,
    interfaces: rest.interfaces,
    ipv4: rest.ipv4,
    ipv6: rest.ipv6,
    unprivileged: rest.unprivileged ?? null,
  }));
}
