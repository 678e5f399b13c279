/**
 * /proc/vmstat by our rules: the host's rows in the host's order. A row that the cgroup counts has its number; all
 * others are 0. LXCFS does not serve this file.
 */

import { collectDisks, type DiskInputs, diskUse } from './diskstats.ts';
import { type Inquiry, own } from './inquiry.ts';
import { collectMemory, type Memory, type MemoryInputs, memoryOf } from './memory.ts';
import { parseTable, type Table } from './table.ts';

export interface VmstatInputs {
  /** /proc/vmstat of the host. */
  readonly host: string;
  readonly memory: MemoryInputs | undefined;
  /** v2: memory.events, v1: memory.oom_control. */
  readonly events: string;
  readonly disks: DiskInputs;
}

export function collectVmstat(inquiry: Inquiry): VmstatInputs {
  const group = inquiry.group('memory');
  const file = group?.version === 1 ? 'memory.oom_control' : 'memory.events';
  return {
    host: inquiry.source.text('/proc/vmstat') ?? '',
    memory: collectMemory(inquiry),
    events: own(inquiry, group, file) ?? '',
    disks: collectDisks(inquiry),
  };
}

interface Facts {
  readonly memory: Memory;
  readonly events: Table;
  readonly disks: DiskInputs;
}

export interface VmstatRow {
  readonly formula: string;
  value(facts: Facts): number | bigint;
}

const pageKib = 4;

/** Bytes of memory.stat as pages; v1 has some of the rows, under names of its own. */
function pages(v2: string, v1?: string): VmstatRow {
  const formula = `pages of memory.stat ${v2}${v1 === undefined ? ' (v1: 0)' : ` (v1: total_${v1})`}`;
  return { formula, value: ({ memory }) => Math.floor(bytes(memory, v2, v1) / (pageKib * 1024)) };
}

function bytes({ version, stat }: Memory, v2: string, v1: string | undefined): number {
  if (version === 2) return stat.of(v2);
  return v1 === undefined ? 0 : stat.of(`total_${v1}`);
}

const same = (name: string): VmstatRow => pages(name, name);

const rows: Readonly<Record<string, VmstatRow>> = {
  nr_free_pages: { formula: 'MemFree in pages', value: ({ memory }) => Math.floor(memory.free / pageKib) },
  nr_inactive_anon: same('inactive_anon'),
  nr_active_anon: same('active_anon'),
  nr_inactive_file: same('inactive_file'),
  nr_active_file: same('active_file'),
  nr_unevictable: same('unevictable'),
  nr_zone_inactive_anon: same('inactive_anon'),
  nr_zone_active_anon: same('active_anon'),
  nr_zone_inactive_file: same('inactive_file'),
  nr_zone_active_file: same('active_file'),
  nr_zone_unevictable: same('unevictable'),
  nr_anon_pages: pages('anon', 'rss'),
  nr_mapped: pages('file_mapped', 'mapped_file'),
  nr_file_pages: pages('file', 'cache'),
  nr_dirty: pages('file_dirty', 'dirty'),
  nr_writeback: pages('file_writeback', 'writeback'),
  nr_shmem: same('shmem'),
  nr_slab_reclaimable: pages('slab_reclaimable'),
  nr_slab_unreclaimable: pages('slab_unreclaimable'),
  nr_kernel_stack: {
    formula: 'kB of memory.stat kernel_stack (v1: 0)',
    value: ({ memory }) => Math.floor(bytes(memory, 'kernel_stack', undefined) / 1024),
  },
  nr_page_table_pages: pages('pagetables'),
  nr_sec_page_table_pages: pages('sec_pagetables'),
  nr_swapcached: same('swapcached'),
  nr_anon_transparent_hugepages: {
    formula: 'huge pages (2 MB) of memory.stat anon_thp (v1: total_rss_huge)',
    value: ({ memory }) => Math.floor(bytes(memory, 'anon_thp', 'rss_huge') / 2 ** 21),
  },
  pgpgin: { formula: 'kB read from disks, of io.stat', value: ({ disks }) => moved(disks, 'readBytes') },
  pgpgout: {
    formula: 'kB written to disks, of io.stat',
    value: ({ disks }) => moved(disks, 'writtenBytes'),
  },
  oom_kill: {
    formula: 'oom_kill of memory.events (v1: memory.oom_control)',
    value: ({ events }) => events.of('oom_kill'),
  },
};

function moved(disks: DiskInputs, field: 'readBytes' | 'writtenBytes'): bigint {
  let sum = 0n;
  for (const use of diskUse(disks).values()) sum += use[field];
  return sum / 1024n;
}

/** Rows of events have one name in both files: pgfault, pgscan, workingset_*, thp_*. */
function event(name: string): VmstatRow {
  return {
    formula: `${name} of memory.stat (v1: total_${name}), 0 where it has no such row`,
    value: ({ memory: { version, stat } }) => stat.of(version === 1 ? `total_${name}` : name),
  };
}

export function vmstatRow(name: string): VmstatRow {
  const found = Object.hasOwn(rows, name) ? rows[name] : undefined;
  return found ?? event(name);
}

export function renderVmstat({ host, memory, events, disks }: VmstatInputs): string {
  if (memory === undefined) return host;
  const facts: Facts = { memory: memoryOf(memory), events: parseTable(events), disks };
  return parseTable(host)
    .names.map((name) => `${name} ${vmstatRow(name).value(facts)}\n`)
    .join('');
}
