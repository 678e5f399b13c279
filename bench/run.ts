/** Runs programs for the benchmark, beside what is timed. */

import { spawnSync } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { environment, type World } from './world.ts';

const tailLength = 600;
const outputLimit = 1 << 28;

/** What the program prints; where it fails, an error with what it said last. */
export function run(world: World, argv: readonly string[], variables: Record<string, string> = {}): string {
  // A file, because daemons keep it: a pipe would be waited for until the last of them has ended.
  const log = join(world.root, 'stderr');
  const errors = openSync(log, 'w');
  try {
    const [file = '', ...args] = argv;
    const { status, signal, error, stdout } = spawnSync(file, args, {
      env: { ...environment, ...variables },
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', errors],
      maxBuffer: outputLimit,
    });
    if (status === 0) return stdout;
    const said = readFileSync(log, 'utf8').trim().slice(-tailLength);
    throw new Error(error?.message ?? (said || `${argv.join(' ')} ended with ${status ?? signal}`));
  } finally {
    closeSync(errors);
  }
}

/** As `run`, for programs whose children keep their output open. */
export function runQuietly(world: World, argv: readonly string[]): void {
  run(world, ['/bin/sh', '-c', 'exec "$@" >/dev/null', 'sh', ...argv]);
}

export function pauseMs(milliseconds: number): void {
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, milliseconds);
}
