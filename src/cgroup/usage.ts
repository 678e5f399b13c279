/** What lxc-top shows of a cgroup beside `Stats`: the halves of a sum, and operations. Texts come from outside; pure. */

import type { StatDirs } from './stats.ts';

/** Of USER_HZ on every architecture that Node.js runs on. */
export const ticksPerSecond = 100;

/** Absent: no file of this host tells. */
export interface Usage {
  readonly cpuUserTicks: number | undefined;
  readonly cpuSystemTicks: number | undefined;
  readonly blkioReadBytes: number | undefined;
  readonly blkioWriteBytes: number | undefined;
  readonly blkioOperations: number | undefined;
  /** Memory and swap together. */
  readonly memorySwapBytes: number | undefined;
}

type Read = (dir: string | undefined, file: string) => string | undefined;

export function usageOf(dirs: StatDirs, read: Read): Usage {
  const ticks = read(dirs.cpuacct, 'cpuacct.stat');
  const cpu = read(dirs.unified, 'cpu.stat');
  const bytes = read(dirs.blkio, 'blkio.throttle.io_service_bytes');
  const io = read(dirs.unified, 'io.stat');
  return {
    cpuUserTicks: field(ticks, 'user') ?? ticksOf(field(cpu, 'user_usec')),
    cpuSystemTicks: field(ticks, 'system') ?? ticksOf(field(cpu, 'system_usec')),
    blkioReadBytes: total(bytes, / Read (\d+)$/gm) ?? total(io, /\brbytes=(\d+)/g),
    blkioWriteBytes: total(bytes, / Write (\d+)$/gm) ?? total(io, /\bwbytes=(\d+)/g),
    blkioOperations:
      field(read(dirs.blkio, 'blkio.throttle.io_serviced'), 'Total') ?? total(io, /\b[rw]ios=(\d+)/g),
    memorySwapBytes:
      whole(read(dirs.memory, 'memory.memsw.usage_in_bytes')) ??
      both(read(dirs.unified, 'memory.current'), read(dirs.unified, 'memory.swap.current')),
  };
}

function field(text: string | undefined, name: string): number | undefined {
  const found = text === undefined ? null : new RegExp(`^${name} (\\d+)$`, 'm').exec(text);
  return found === null ? undefined : Number(found[1]);
}

function ticksOf(microseconds: number | undefined): number | undefined {
  return microseconds === undefined ? undefined : Math.floor((microseconds * ticksPerSecond) / 1e6);
}

function total(text: string | undefined, pattern: RegExp): number | undefined {
  if (text === undefined) return undefined;
  return Array.from(text.matchAll(pattern), ([, count]) => Number(count)).reduce((sum, one) => sum + one, 0);
}

function both(one: string | undefined, other: string | undefined): number | undefined {
  const [memory, swap] = [whole(one), whole(other)];
  return memory === undefined || swap === undefined ? undefined : memory + swap;
}

function whole(text: string | undefined): number | undefined {
  return text === undefined || !/^\d+\n?$/.test(text) ? undefined : Number(text);
}
