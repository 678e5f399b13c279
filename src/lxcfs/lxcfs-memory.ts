/** Memory and swap by the rules of LXCFS 5.0.3 and 7.0, defects included: each is what a vector holds. */

import { type Inquiry, own } from './inquiry.ts';
import { memoryFiles } from './memory.ts';
import { kib, parseCount } from './numbers.ts';
import { parseTable, type Table } from './table.ts';

export interface LxcfsMemory {
  readonly modern: boolean;
  readonly version: 1 | 2;
  readonly zswap: boolean;
  readonly hostText: string;
  readonly total: number;
  /** In kB. */
  readonly usage: number;
  readonly stat: Table;
  readonly swapTotal: number;
  readonly swapUsed: number;
}

/** Larger than what any host has: `max` and a missing file. */
const none = Number.POSITIVE_INFINITY;

/** `undefined` where LXCFS shows the host's file: no controller, or a cgroup that cannot be read. */
export function lxcfsMemory(inquiry: Inquiry): LxcfsMemory | undefined {
  const hostText = inquiry.source.text('/proc/meminfo');
  const group = inquiry.group('memory');
  if (hostText === undefined || group === undefined) return undefined;
  const usage = own(inquiry, group, memoryFiles[group.version].memory[1]);
  const stat = own(inquiry, group, 'memory.stat');
  if (usage === undefined || stat === undefined) return undefined;
  const host = parseTable(hostText);
  const limit = smallestLimit(inquiry, memoryFiles[group.version].memory[0]);
  const total = Math.min(host.of('MemTotal'), limit === 0 ? none : floorKib(limit));
  return {
    modern: inquiry.profile.rules === '7.0',
    version: group.version,
    zswap: inquiry.profile.zswap,
    hostText,
    total,
    usage: kib(parseCount(usage)),
    stat: parseTable(stat),
    ...lxcfsSwap(inquiry, host.of('SwapTotal'), total),
  };
}

export function smallestLimit(inquiry: Inquiry, file: string): number {
  const texts = (inquiry.group('memory')?.levels ?? []).map((directory) =>
    inquiry.source.text(`${directory}/${file}`),
  );
  return Math.min(none, ...texts.map(limitOf));
}

function limitOf(text: string | undefined): number {
  const limit = Number.parseInt(text ?? '', 10);
  return limit >= 0 ? limit : none;
}

export function floorKib(bytes: number): number {
  return bytes === none ? none : kib(bytes);
}

interface Swap {
  readonly swapTotal: number;
  readonly swapUsed: number;
}

const noSwap: Swap = { swapTotal: 0, swapUsed: 0 };

/** `ram`: MemTotal as it is shown, which v1 adds to the swap. */
export function lxcfsSwap(inquiry: Inquiry, hostSwap: number, ram: number): Swap {
  const group = inquiry.group('memory');
  if (!inquiry.profile.swap || group === undefined) return noSwap;
  if (group.version === 1) return swapTogether(inquiry, hostSwap, ram);
  // 5.0.3 asks the root of the hierarchy whether swap is counted, which has no such file on v2.
  return inquiry.profile.rules === '5.0.3' ? noSwap : swapAlone(inquiry, hostSwap);
}

function swapAlone(inquiry: Inquiry, hostSwap: number): Swap {
  const used = own(inquiry, inquiry.group('memory'), 'memory.swap.current');
  const total = Math.min(hostSwap, floorKib(smallestLimit(inquiry, 'memory.swap.max')));
  return used === undefined ? noSwap : { swapTotal: total, swapUsed: kib(parseCount(used)) };
}

function swapTogether(inquiry: Inquiry, hostSwap: number, ram: number): Swap {
  const group = inquiry.group('memory');
  const both = own(inquiry, group, 'memory.memsw.usage_in_bytes');
  const memory = own(inquiry, group, 'memory.usage_in_bytes');
  if (both === undefined || memory === undefined) return noSwap;
  const together = smallestLimit(inquiry, 'memory.memsw.limit_in_bytes');
  const alone = smallestLimit(inquiry, 'memory.limit_in_bytes');
  const delta = together >= alone ? kib(together - alone) : 0;
  const used = Math.max(0, kib(parseCount(both) - parseCount(memory)));
  if (own(inquiry, group, 'memory.swappiness')?.trim() === '0') return { swapTotal: used, swapUsed: used };
  return { swapTotal: Math.min(hostSwap, ram + delta), swapUsed: used };
}
