/**
 * /proc/meminfo by our rules. The host's lines in the host's order, each with a value of the subject: no line keeps
 * a number of the host, and none is above its total.
 */

import type { Memory, MemoryInputs } from './memory.ts';
import { memoryOf } from './memory.ts';
import { clamp, kib } from './numbers.ts';

export interface MeminfoRow {
  readonly formula: string;
  value(memory: Memory): number;
}

/** A row of memory.stat in kB: v1 counts a cgroup with its children in rows called `total_`. */
type Stat = (memory: Memory) => number;

function stat(v2: string, v1?: string): Stat {
  const total = `total_${v1}`;
  return ({ version, stat: table }) => {
    if (version === 2) return kib(table.of(v2));
    return v1 === undefined ? 0 : kib(table.of(total));
  };
}

function row(v2: string, v1?: string): MeminfoRow {
  const formula = v1 === undefined ? `${v2} (v1: 0)` : `${v2} (v1: total_${v1})`;
  return sum(`kB of memory.stat ${formula}`, stat(v2, v1));
}

const same = (name: string): MeminfoRow => row(name, name);
const activeAnon = stat('active_anon', 'active_anon');
const activeFile = stat('active_file', 'active_file');
const inactiveAnon = stat('inactive_anon', 'inactive_anon');
const inactiveFile = stat('inactive_file', 'inactive_file');
const slabReclaimable = stat('slab_reclaimable');
const anon = stat('anon', 'rss');
const shmem = stat('shmem', 'shmem');

function sum(formula: string, value: (memory: Memory) => number): MeminfoRow {
  return { formula: `${formula}, at most MemTotal`, value: (memory) => clamp(value(memory), memory.total) };
}

function plain(formula: string, value: (memory: Memory) => number): MeminfoRow {
  return { formula, value };
}

const zero = plain('0: not counted for a cgroup', () => 0);

export const meminfoRows: Readonly<Record<string, MeminfoRow>> = {
  MemTotal: plain(
    'smallest memory limit of the cgroup and those above, at most the host',
    ({ total }) => total,
  ),
  MemFree: plain('least of limit - usage of each level with a limit, not below 0', ({ free }) => free),
  MemAvailable: sum(
    'MemFree + active_file + inactive_file + slab_reclaimable',
    (memory) => memory.free + activeFile(memory) + inactiveFile(memory) + slabReclaimable(memory),
  ),
  Cached: row('file', 'cache'),
  SwapCached: row('swapcached', 'swapcached'),
  Active: sum('active_anon + active_file', (memory) => activeAnon(memory) + activeFile(memory)),
  Inactive: sum('inactive_anon + inactive_file', (memory) => inactiveAnon(memory) + inactiveFile(memory)),
  'Active(anon)': same('active_anon'),
  'Inactive(anon)': same('inactive_anon'),
  'Active(file)': same('active_file'),
  'Inactive(file)': same('inactive_file'),
  Unevictable: same('unevictable'),
  SwapTotal: plain('swap limit, at most the host, at least what is used', ({ swapTotal }) => swapTotal),
  SwapFree: plain('SwapTotal - used', ({ swapTotal, swapUsed }) => swapTotal - swapUsed),
  Zswap: row('zswap'),
  Zswapped: row('zswapped'),
  Dirty: row('file_dirty', 'dirty'),
  Writeback: row('file_writeback', 'writeback'),
  AnonPages: row('anon', 'rss'),
  Mapped: row('file_mapped', 'mapped_file'),
  Shmem: same('shmem'),
  KReclaimable: row('slab_reclaimable'),
  Slab: row('slab'),
  SReclaimable: row('slab_reclaimable'),
  SUnreclaim: row('slab_unreclaimable'),
  KernelStack: row('kernel_stack'),
  PageTables: row('pagetables'),
  SecPageTables: row('sec_pagetables'),
  CommitLimit: plain("MemTotal * the host's overcommit ratio + SwapTotal", commitLimit),
  Committed_AS: plain('anon + shmem + swap in use: what is committed for certain', committed),
  VmallocTotal: plain('as on the host: a property of the processor', ({ host }) => host.of('VmallocTotal')),
  VmallocUsed: row('vmalloc'),
  Percpu: row('percpu'),
  AnonHugePages: row('anon_thp', 'rss_huge'),
  ShmemHugePages: row('shmem_thp'),
  FileHugePages: row('file_thp'),
  Hugepagesize: plain('as on the host: a property of the processor', ({ host }) => host.of('Hugepagesize')),
};

/** vm.overcommit_ratio as the host's own line tells it. */
function commitLimit({ host, total, swapTotal }: Memory): number {
  const ratio = Math.max(0, host.of('CommitLimit') - host.of('SwapTotal')) / Math.max(1, host.of('MemTotal'));
  return Math.floor(total * ratio) + swapTotal;
}

function committed(memory: Memory): number {
  return anon(memory) + shmem(memory) + memory.swapUsed;
}

export function meminfoRow(label: string): MeminfoRow {
  return Object.hasOwn(meminfoRows, label) ? (meminfoRows[label] ?? zero) : zero;
}

interface Line {
  /** `MemTotal:       `; a longer label takes from the eight columns of the value. */
  readonly head: string;
  readonly width: number;
  readonly tail: string;
  readonly row: MeminfoRow;
  /** As it was last: most lines of most containers do not change from one read to the next. */
  last: number;
  text: string;
}

/** The lines of a host never change while it runs: they are taken apart once. */
interface Shown {
  readonly names: readonly string[];
  readonly lines: readonly Line[];
  text: string;
}

let known: Shown | undefined;

export function renderMeminfo(inputs: MemoryInputs): string {
  const memory = memoryOf(inputs);
  const shown = linesOf(inputs.host, memory.host.names);
  let changed = false;
  for (const line of shown.lines) {
    const value = line.row.value(memory);
    if (value === line.last) continue;
    changed = true;
    line.last = value;
    line.text = line.head + String(value).padStart(line.width) + line.tail;
  }
  if (changed) shown.text = shown.lines.map(({ text }) => text).join('');
  return shown.text;
}

const labelColumns = 16;
const valueColumns = 8;

function linesOf(host: string, names: readonly string[]): Shown {
  if (known?.names === names) return known;
  const units = host.split('\n').map((line) => (line.endsWith(' kB') ? ' kB\n' : '\n'));
  const lines = names.map((name, index) => {
    const head = `${name}:`.padEnd(labelColumns);
    const width = labelColumns + valueColumns - head.length;
    return { head, width, tail: units[index] ?? '\n', row: meminfoRow(name), last: -1, text: '' };
  });
  known = { names, lines, text: '' };
  return known;
}
