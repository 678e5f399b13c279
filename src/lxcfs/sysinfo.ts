/**
 * `sysinfo`, a file that no kernel has: what sysinfo(2) should tell a process of the container. The monitors of our
 * containers read it and answer the call with it; the order of the lines is known to native/sysinfo.c.
 */

import { type AgeInputs, ageOf } from './age.ts';
import type { Load } from './load.ts';
import { type MemoryInputs, memoryOf } from './memory.ts';
import { kib } from './numbers.ts';
import { parseTable } from './table.ts';

export const sysinfoPath = '/sysinfo';

export interface SysinfoInputs {
  /** `undefined` where nothing limits or counts memory. */
  readonly memory: MemoryInputs | undefined;
  /** /proc/meminfo of the host. */
  readonly host: string;
  readonly age: AgeInputs;
  readonly load: Load;
}

interface Ram {
  readonly total: number;
  readonly free: number;
  readonly shared: number;
  readonly buffers: number;
  readonly swapTotal: number;
  readonly swapFree: number;
}

export function renderSysinfo({ memory, host, age, load }: SysinfoInputs): string {
  const ram = memory === undefined ? ramOfHost(host) : ramOf(memory);
  const { averages, total } = load;
  const values: Readonly<Record<string, number>> = {
    // The kernel counts a second that has begun.
    uptime: Math.ceil(ageOf(age) / 100),
    load1: averages[0] * loadUnit,
    load5: averages[1] * loadUnit,
    load15: averages[2] * loadUnit,
    totalram: ram.total * 1024,
    freeram: ram.free * 1024,
    sharedram: ram.shared * 1024,
    bufferram: ram.buffers * 1024,
    totalswap: ram.swapTotal * 1024,
    freeswap: ram.swapFree * 1024,
    procs: Math.min(total, mostProcesses),
  };
  const lines = Object.entries(values).map(([name, value]) => `${name} ${value}\n`);
  return lines.join('');
}

/** Averages have 11 binary digits behind the point here, 16 in the call. */
const loadUnit = 32;
/** 16 bits in the call. */
const mostProcesses = 0xffff;

function ramOf(inputs: MemoryInputs): Ram {
  const { version, stat, total, free, swapTotal, swapUsed } = memoryOf(inputs);
  const shared = kib(stat.of(version === 2 ? 'shmem' : 'total_shmem'));
  return {
    total,
    free,
    shared: Math.min(shared, total),
    buffers: 0,
    swapTotal,
    swapFree: swapTotal - swapUsed,
  };
}

function ramOfHost(text: string): Ram {
  const host = parseTable(text);
  return {
    total: host.of('MemTotal'),
    free: host.of('MemFree'),
    shared: host.of('Shmem'),
    buffers: host.of('Buffers'),
    swapTotal: host.of('SwapTotal'),
    swapFree: host.of('SwapFree'),
  };
}

const formulas: Readonly<Record<string, string>> = {
  uptime: 'age of init in seconds, rounded up',
  load1: 'as /proc/loadavg * 65536',
  load5: 'as /proc/loadavg * 65536',
  load15: 'as /proc/loadavg * 65536',
  totalram: 'MemTotal of /proc/meminfo in bytes: smallest memory limit, at most the host',
  freeram: 'MemFree of /proc/meminfo in bytes: least of limit - usage',
  sharedram: 'Shmem of /proc/meminfo in bytes: shmem (v1: total_shmem)',
  bufferram: '0: not counted for a cgroup',
  totalswap: 'SwapTotal of /proc/meminfo in bytes: swap limit',
  freeswap: 'SwapFree of /proc/meminfo in bytes',
  procs: 'tasks of the cgroup, as /proc/loadavg, at most 65535',
};

export function sysinfoFormula(name: string): string {
  return formulas[name] ?? '';
}
