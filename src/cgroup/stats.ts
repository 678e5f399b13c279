/**
 * What a cgroup has used, from the files of either generation. `findStats` says which file tells what; reading is
 * handed in.
 */

import { type Amount, linesIn, measure, numberIn, type ReadFile } from '../base/amount.ts';

/** The directories of one container: v1 controllers by name, the unified one as `unified`. */
export interface StatDirs {
  readonly cpuacct?: string | undefined;
  readonly blkio?: string | undefined;
  readonly memory?: string | undefined;
  readonly pids?: string | undefined;
  readonly unified?: string | undefined;
}

/** Absent: no file of this host tells. */
export interface Stats {
  readonly cpuNanoseconds: number | undefined;
  readonly blkioBytes: number | undefined;
  readonly memoryBytes: number | undefined;
  readonly kernelMemoryBytes: number | undefined;
  readonly swapBytes: number | undefined;
  /** Processes and threads. */
  readonly pids: number | undefined;
}

/** A number, and where it was read. */
export interface Reading {
  readonly value: number;
  readonly amount: Amount;
}

export type StatReadings = { readonly [Name in keyof Stats]: Reading | undefined };

export function statsOf(dirs: StatDirs, read: ReadFile): Stats {
  return valuesOf(findStats(dirs, read));
}

export function valuesOf(found: StatReadings): Stats {
  return {
    cpuNanoseconds: found.cpuNanoseconds?.value,
    blkioBytes: found.blkioBytes?.value,
    memoryBytes: found.memoryBytes?.value,
    kernelMemoryBytes: found.kernelMemoryBytes?.value,
    swapBytes: found.swapBytes?.value,
    pids: found.pids?.value,
  };
}

/** Those of v1 count before those of v2; where a kernel lacks a file the next one is asked. */
export function findStats(dirs: StatDirs, read: ReadFile): StatReadings {
  const { cpuacct, blkio, memory, pids, unified } = dirs;
  const readOnce = remembering(read);
  const first = (...candidates: readonly (Amount | undefined)[]) => firstKnown(candidates, readOnce);
  return {
    cpuNanoseconds: first(
      at(cpuacct, 'cpuacct.usage', numberIn),
      at(unified, 'cpu.stat', (file) => linesIn(file, ['usage_usec'], 1000)),
    ),
    blkioBytes: first(
      // The lines of the devices before the last one end in their operation.
      at(blkio, 'blkio.throttle.io_service_bytes', (file) => linesIn(file, ['Total'])),
      at(unified, 'io.stat', ioIn),
    ),
    memoryBytes: first(
      at(memory, 'memory.usage_in_bytes', numberIn),
      at(unified, 'memory.stat', (file) => linesIn(file, ['anon', 'file'])),
    ),
    kernelMemoryBytes: first(
      at(memory, 'memory.kmem.usage_in_bytes', numberIn),
      at(unified, 'memory.stat', (file) => linesIn(file, ['kernel_stack', 'pagetables', 'sock', 'slab'])),
    ),
    swapBytes: first(
      at(memory, 'memory.stat', (file) => linesIn(file, ['swap'])),
      at(unified, 'memory.swap.current', numberIn),
    ),
    pids: first(at(pids, 'pids.current', numberIn), at(unified, 'pids.current', numberIn)),
  };
}

/** Several numbers stand in one file. */
function remembering(read: ReadFile): ReadFile {
  const seen = new Map<string, string | undefined>();
  return (file) => {
    if (!seen.has(file)) seen.set(file, read(file));
    return seen.get(file);
  };
}

function at(dir: string | undefined, file: string, amountIn: (path: string) => Amount): Amount | undefined {
  return dir === undefined ? undefined : amountIn(`${dir}/${file}`);
}

/** `8:0 rbytes=1 wbytes=2 rios=3 ...` a device. */
function ioIn(file: string): Amount {
  return {
    sources: [
      { file, label: ' rbytes=' },
      { file, label: ' wbytes=' },
    ],
    scale: 1,
    mayLack: true,
  };
}

function firstKnown(candidates: readonly (Amount | undefined)[], read: ReadFile): Reading | undefined {
  for (const amount of candidates) {
    const value = amount === undefined ? undefined : measure(amount, read);
    if (amount !== undefined && value !== undefined) return { value, amount };
  }
  return undefined;
}
