/** Readers in containers that judge what they get: test/conformance/lxcfs/reader.c, static, on the file that each names. */

import { spawnSync } from 'node:child_process';
import { join, resolve } from 'node:path';
import type { Seen, Way } from '../../conformance/lxcfs/mount.ts';
import type { Container } from './container.ts';

const source = resolve(import.meta.dirname, '../../conformance/lxcfs/reader.c');

/** Puts the reader into the root file system of a container that is not yet running. */
export function giveReader({ rootfs }: Container): void {
  const done = spawnSync('musl-gcc', ['-static', '-O1', '-o', join(rootfs, 'reader'), source], {
    encoding: 'utf8',
  });
  if (done.status !== 0) throw new Error(`Failed to build the reader: ${done.error ?? done.stderr}`);
}

export interface Reader {
  readonly container: Container;
  readonly way: Way | 'cat';
  /** So many times, or for so long: `500ms`. */
  readonly count: number | string;
  /** What /proc/meminfo of the container must say. */
  readonly kilobytes: number;
}

export async function read({ container, way, count, kilobytes }: Reader): Promise<Seen> {
  const argv = ['/reader', '', way, '/proc/meminfo', `MemTotal:${kilobytes}`, String(count)];
  const { stdout, stderr, status } = await container.attach(argv, [], { timeoutMs: 240_000 });
  if (status !== 0) throw new Error(`The reader ended with ${status}: ${stderr}`);
  const seen: Seen = JSON.parse(stdout);
  return seen;
}

type Total = Omit<Seen, 'errno'>;

/** Of many readers; `longest` is the longest of all. */
export function total(all: readonly Seen[]): Total {
  const sum = (of: (seen: Seen) => number) => all.reduce((before, seen) => before + of(seen), 0);
  return {
    reads: sum((seen) => seen.reads),
    foreign: sum((seen) => seen.foreign),
    torn: sum((seen) => seen.torn),
    errors: sum((seen) => seen.errors),
    refused: sum((seen) => seen.refused),
    longest: Math.max(...all.map((seen) => seen.longest)),
  };
}
