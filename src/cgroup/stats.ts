/**
 * What a cgroup has used, from the files of either generation. The texts are read by `readStats`; everything else
 * is pure.
 */

import { textIfReadable } from '../base/text-file.ts';

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

type Read = (dir: string | undefined, file: string) => string | undefined;

export function readStats(dirs: StatDirs): Stats {
  return statsOf(dirs, readText);
}

export function statsOf(dirs: StatDirs, read: Read): Stats {
  const memoryStat = fields(read(dirs.unified, 'memory.stat'));
  return {
    cpuNanoseconds: whole(read(dirs.cpuacct, 'cpuacct.usage')) ?? cpuOf(read(dirs.unified, 'cpu.stat')),
    blkioBytes:
      blkioOf(read(dirs.blkio, 'blkio.throttle.io_service_bytes')) ?? ioOf(read(dirs.unified, 'io.stat')),
    memoryBytes: whole(read(dirs.memory, 'memory.usage_in_bytes')) ?? sum(memoryStat, 'anon', 'file'),
    kernelMemoryBytes:
      whole(read(dirs.memory, 'memory.kmem.usage_in_bytes')) ??
      sum(memoryStat, 'kernel_stack', 'pagetables', 'sock', 'slab'),
    swapBytes:
      fields(read(dirs.memory, 'memory.stat')).get('swap') ??
      whole(read(dirs.unified, 'memory.swap.current')),
    pids: whole(read(dirs.pids, 'pids.current')) ?? whole(read(dirs.unified, 'pids.current')),
  };
}

/** `usage_usec 8123` */
function cpuOf(text: string | undefined): number | undefined {
  const microseconds = fields(text).get('usage_usec');
  return microseconds === undefined ? undefined : microseconds * 1000;
}

/** The last line is `Total 4096`; the lines of the devices before it end in their operation. */
function blkioOf(text: string | undefined): number | undefined {
  return fields(text).get('Total');
}

/** `8:0 rbytes=1 wbytes=2 rios=3 ...` a device; a group that did no I/O has an empty file. */
function ioOf(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  let bytes = 0;
  for (const [, count = ''] of text.matchAll(/\b[rw]bytes=(\d+)/g)) bytes += Number(count);
  return bytes;
}

/** Lines of a name and a number. */
function fields(text: string | undefined): ReadonlyMap<string, number> {
  const lines = text?.matchAll(/^(\w+) (\d+)$/gm) ?? [];
  return new Map(Array.from(lines, ([, name = '', value]) => [name, Number(value)]));
}

/** Undefined unless at least one of the names is there: a file of another kernel lacks some of them. */
function sum(values: ReadonlyMap<string, number>, ...names: readonly string[]): number | undefined {
  const found = names.flatMap((name) => values.get(name) ?? []);
  return found.length === 0 ? undefined : found.reduce((total, value) => total + value, 0);
}

function whole(text: string | undefined): number | undefined {
  return text === undefined || !/^\d+\n?$/.test(text) ? undefined : Number(text);
}

function readText(dir: string | undefined, file: string): string | undefined {
  return dir === undefined ? undefined : textIfReadable(`${dir}/${file}`);
}
