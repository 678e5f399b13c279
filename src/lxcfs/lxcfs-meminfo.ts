/** /proc/meminfo and /proc/swaps by the rules of LXCFS: known lines are replaced, all others stay the host's. */

import type { Inquiry } from './inquiry.ts';
import { floorKib, type LxcfsMemory, lxcfsMemory, lxcfsSwap, smallestLimit } from './lxcfs-memory.ts';
import { kib } from './numbers.ts';
import { parseTable } from './table.ts';

/** LXCFS reckons in 64 bits without a sign: below zero it starts again at the top. */
const wrap = 2n ** 64n;

function bytes({ version, stat }: LxcfsMemory, name: string): number {
  return version === 1 ? stat.of(`total_${name}`) : stat.of(name);
}

const kb = (memory: LxcfsMemory, ...names: readonly string[]): number =>
  kib(names.reduce((sum, name) => sum + bytes(memory, name), 0));

type Line = (memory: LxcfsMemory) => number | bigint | undefined;
const zero: Line = () => 0;
const row =
  (...names: readonly string[]): Line =>
  (memory) =>
    kb(memory, ...names);
const onlyV1 =
  (name: string): Line =>
  (memory) =>
    memory.version === 1 ? kb(memory, name) : 0;
const slab =
  (name: string): Line =>
  (memory) =>
    memory.modern ? kib(memory.stat.of(name)) : 0;
/** 5.0.3 knows no zswap and lets the host's line stand. */
const zswap =
  (name: string): Line =>
  ({ modern, zswap, stat }) => {
    if (!modern) return undefined;
    return zswap ? kib(stat.of(name)) : 0;
  };

const lines: Readonly<Record<string, Line>> = {
  MemTotal: ({ total }) => total,
  MemFree: ({ total, usage }) => total - usage,
  MemAvailable: available,
  Buffers: zero,
  SwapCached: zero,
  Cached: (memory) => kb(memory, memory.version === 1 ? 'cache' : 'file'),
  Active: row('active_anon', 'active_file'),
  Inactive: row('inactive_anon', 'inactive_file'),
  'Active(anon)': row('active_anon'),
  'Inactive(anon)': row('inactive_anon'),
  'Active(file)': row('active_file'),
  'Inactive(file)': row('inactive_file'),
  Unevictable: row('unevictable'),
  Dirty: onlyV1('dirty'),
  Writeback: onlyV1('writeback'),
  AnonPages: anonPages,
  Mapped: onlyV1('mapped_file'),
  Shmem: row('shmem'),
  Slab: slab('slab'),
  SReclaimable: slab('slab_reclaimable'),
  SUnreclaim: slab('slab_unreclaimable'),
  AnonHugePages: zero,
  ShmemHugePages: zero,
  ShmemPmdMapped: zero,
  Zswap: zswap('zswap'),
  Zswapped: zswap('zswapped'),
  SwapTotal: ({ swapTotal }) => swapTotal,
  SwapFree: ({ swapTotal, swapUsed }) => swapTotal - swapUsed,
};

function available(memory: LxcfsMemory): number {
  const free = memory.total - memory.usage;
  if (!memory.modern) return free + kb(memory, memory.version === 1 ? 'cache' : 'file');
  return free + kb(memory, 'active_file', 'inactive_file', 'slab_reclaimable');
}

/** The difference wraps in bytes, before it is divided. */
function anonPages(memory: LxcfsMemory): bigint {
  const sum = bytes(memory, 'active_anon') + bytes(memory, 'inactive_anon') - bytes(memory, 'shmem');
  return BigInt.asUintN(64, BigInt(sum)) / 1024n;
}

export function renderLxcfsMeminfo(inquiry: Inquiry): string {
  const memory = lxcfsMemory(inquiry);
  if (memory === undefined) return inquiry.source.text('/proc/meminfo') ?? '';
  return memory.hostText
    .split('\n')
    .map((line) => replaced(line, memory))
    .join('\n');
}

function replaced(line: string, memory: LxcfsMemory): string {
  const label = line.slice(0, line.indexOf(':'));
  const value = Object.hasOwn(lines, label) ? lines[label]?.(memory) : undefined;
  if (value === undefined) return line;
  const shown = typeof value === 'bigint' || value >= 0 ? value : wrap + BigInt(value);
  // The format of one line of 7.0 lacks a blank.
  const column = label === 'Zswap' ? 15 : 16;
  return `${`${label}:`.padEnd(column)}${String(shown).padStart(8)} kB`;
}

const header = 'Filename\t\t\t\tType\t\tSize\tUsed\tPriority\n';

export function renderLxcfsSwaps(inquiry: Inquiry): string {
  const { source } = inquiry;
  const group = inquiry.group('memory');
  if (group === undefined) return source.text('/proc/swaps') ?? '';
  if (lxcfsMemory(inquiry) === undefined) return '';
  const hostSwap = parseTable(source.text('/proc/meminfo') ?? '').of('SwapTotal');
  const ram = floorKib(smallestLimit(inquiry, 'memory.limit_in_bytes'));
  const { swapTotal, swapUsed } = lxcfsSwap(inquiry, hostSwap, ram);
  if (swapTotal <= 0) return header;
  return `${header}${'none'.padEnd(40)}virtual\t\t${swapTotal}\t${swapUsed}\t0\n`;
}
