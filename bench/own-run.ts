/**
 * /run is a tmpfs on every machine that systemd has booted. Where it is a disk, each inode below it costs as much as a
 * cgroup, and what a container manager leaves there slows down whoever is measured next; so there the benchmark runs
 * in a mount namespace in which it is a tmpfs.
 */

import { spawnSync } from 'node:child_process';
import { statfsSync } from 'node:fs';

/** `f_type` of statfs(2), linux/magic.h. */
const tmpfs = 0x01021994;
const variable = 'LXC_TS_BENCH_OWN_RUN';

/** We are in that namespace. */
export const hasOwnRun = process.env[variable] === '1';

export function runIsOnDisk(): boolean {
  return statfsSync('/run').type !== tmpfs;
}

/** The same words again, in that namespace; how they end. */
export function againWithOwnRun(): number {
  const script = new URL('own-run.sh', import.meta.url).pathname;
  const words = [script, process.execPath, ...process.argv.slice(1)];
  const { status, error } = spawnSync('unshare', ['--mount', '--propagation', 'private', ...words], {
    stdio: 'inherit',
    env: { ...process.env, [variable]: '1' },
  });
  if (error !== undefined) throw error;
  return status ?? 1;
}
