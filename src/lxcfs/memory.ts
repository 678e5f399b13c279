/** Memory and swap of a subject: the files that tell, and what they say together. */

import { type Group, type Inquiry, nearest, own, pathsOf } from './inquiry.ts';
import { clamp, kib, parseCount, parseLimit, smallest } from './numbers.ts';
import { parseTable, type Table } from './table.ts';

/** Two files of one level of the hierarchy, as texts. */
export interface Level {
  readonly limit: string | undefined;
  readonly usage: string | undefined;
}

export interface MemoryInputs {
  /** /proc/meminfo of the host. */
  readonly host: string;
  readonly version: 1 | 2;
  /** The cgroup itself first; a level above only with its limit, and its usage if that limit is one. */
  readonly memory: readonly Level[];
  /** v1: memory and swap together (memsw); v2: swap alone. Empty where swap is not accounted. */
  readonly swap: readonly Level[];
  readonly stat: string;
  readonly swappiness: string | undefined;
}

interface Names {
  readonly memory: readonly [limit: string, usage: string];
  readonly swap: readonly [limit: string, usage: string];
}

export const memoryFiles: Readonly<Record<1 | 2, Names>> = {
  1: {
    memory: ['memory.limit_in_bytes', 'memory.usage_in_bytes'],
    swap: ['memory.memsw.limit_in_bytes', 'memory.memsw.usage_in_bytes'],
  },
  2: { memory: ['memory.max', 'memory.current'], swap: ['memory.swap.max', 'memory.swap.current'] },
};

/** `undefined` where nothing limits or counts memory: the host's numbers are the subject's. */
export function collectMemory(inquiry: Inquiry): MemoryInputs | undefined {
  const host = inquiry.source.text('/proc/meminfo');
  const group = inquiry.group('memory');
  // In the root of the hierarchy nothing is limited, and all that is counted is the host's.
  if (host === undefined || group === undefined || group.path === '/') return undefined;
  const { memory, swap } = memoryFiles[group.version];
  const swaps = inquiry.profile.swap && parseTable(host).of('SwapTotal') > 0;
  const stat = own(inquiry, group, 'memory.stat');
  const least = stat === undefined ? undefined : parseTable(stat).get('hierarchical_memory_limit');
  return {
    host,
    version: group.version,
    memory: levels(inquiry, group, memory, least),
    swap: swaps ? levels(inquiry, group, swap) : [],
    stat: stat ?? nearest(inquiry, group, 'memory.stat') ?? '',
    swappiness: swaps && group.version === 1 ? own(inquiry, group, 'memory.swappiness') : undefined,
  };
}

/**
 * Levels without the file (v2: not delegated that far; the root) are left out. `least` is the limit that memory.stat of v1
 * tells, the smallest of all levels: where those above have no limit it is the cgroup's own, and one file less is read.
 */
function levels({ source }: Inquiry, group: Group, [limitFile, usageFile]: Names['memory'], least?: number) {
  const usages = pathsOf(group, usageFile);
  const [first = '', ...above] = pathsOf(group, limitFile);
  const limits = above.map((path) => source.text(path));
  const alone = limits.every((limit) => parseLimit(limit) === undefined);
  limits.unshift(alone && least !== undefined ? String(least) : source.text(first));
  const found: Level[] = [];
  for (const [index, limit] of limits.entries()) {
    if (limit === undefined) continue;
    const counts = found.length === 0 || parseLimit(limit) !== undefined;
    found.push({ limit, usage: counts ? source.text(usages[index] ?? '') : undefined });
  }
  return found;
}

/** In kB, as /proc/meminfo has them; `stat` in bytes. */
export interface Memory {
  readonly version: 1 | 2;
  readonly host: Table;
  readonly stat: Table;
  readonly total: number;
  /** What the tightest level leaves: its limit less its usage. */
  readonly free: number;
  readonly swapTotal: number;
  readonly swapUsed: number;
}

export function memoryOf(inputs: MemoryInputs): Memory {
  const host = parseTable(inputs.host);
  const hostTotal = host.of('MemTotal');
  const total = Math.min(hostTotal, limitOf(inputs.memory) ?? hostTotal);
  return {
    version: inputs.version,
    host,
    stat: parseTable(inputs.stat),
    total,
    free: freeOf(inputs.memory, hostTotal, total),
    ...(inputs.version === 1 ? swapTogether(inputs, host) : swapAlone(inputs, host)),
  };
}

/** The smallest limit of all levels; 0 (nothing may run) counts as none, since tools divide by the total. */
function limitOf(levels: readonly Level[]): number | undefined {
  const limit = smallest(levels.map(({ limit }) => kibibytes(parseLimit(limit))));
  return limit === 0 ? undefined : limit;
}

function kibibytes(bytes: number | undefined): number | undefined {
  return bytes === undefined ? undefined : kib(bytes);
}

/** A neighbour below the same limit takes from it, too: each level's usage counts against that level's limit. */
function freeOf(levels: readonly Level[], hostTotal: number, total: number): number {
  const left = levels.map(({ limit, usage }, index) => {
    const most = kibibytes(parseLimit(limit)) ?? (index === 0 ? hostTotal : undefined);
    return most === undefined ? undefined : Math.min(most || hostTotal, hostTotal) - kib(parseCount(usage));
  });
  return Math.max(0, Math.min(total, smallest(left) ?? total));
}

type Swap = Pick<Memory, 'swapTotal' | 'swapUsed'>;
const noSwap: Swap = { swapTotal: 0, swapUsed: 0 };

/** v2: swap has a limit of its own. */
function swapAlone({ swap }: MemoryInputs, host: Table): Swap {
  const [first] = swap;
  if (first === undefined) return noSwap;
  const most = host.of('SwapTotal');
  // Lowered below what is in use, the limit is not yet true: the total is never less than that.
  const limit = smallest(swap.map(({ limit }) => kibibytes(parseLimit(limit)))) ?? most;
  const used = Math.min(most, kib(parseCount(first.usage)));
  return { swapTotal: Math.min(most, Math.max(limit, used)), swapUsed: used };
}

/** v1: the limit is that of memory and swap together, so swap is what it allows beyond the limit of memory. */
function swapTogether({ swap, memory, swappiness }: MemoryInputs, host: Table): Swap {
  const [first] = swap;
  if (first === undefined) return noSwap;
  const most = host.of('SwapTotal');
  const used = clamp(kib(parseCount(first.usage) - parseCount(memory[0]?.usage)), most);
  if (swappiness?.trim() === '0') return { swapTotal: used, swapUsed: used };
  const together = smallest(swap.map(({ limit }) => parseLimit(limit)));
  const alone = smallest(memory.map(({ limit }) => parseLimit(limit)));
  const allowed = together === undefined ? most : kib(together - (alone ?? together));
  return { swapTotal: Math.min(most, Math.max(allowed, used)), swapUsed: used };
}
