/** A world of one's own in a fresh mount namespace, and the tests of a ring run in it. */

import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import { report } from './report.ts';

const project = resolve(import.meta.dirname, '../../..');

/** The default.conf of Debian's package lxc, in an /etc/lxc that is otherwise empty. */
export const packagedDefault = '/etc/lxc/default.conf.package';

export function ownDirectory(dir: string): void {
  mkdirSync(dir, { recursive: true });
  must('mount', ['-t', 'tmpfs', '-o', 'mode=755', 'tmpfs', dir]);
}

export function ownFile(path: string, text: string): void {
  const own = `/run/${basename(path)}`;
  writeFileSync(own, text);
  must('mount', ['--bind', own, path]);
}

/** /sys shows the links of the network namespace that mounted it; the cgroup mounts stay as they are. */
export function ownSysfs(): void {
  const fresh = '/run/sys';
  mkdirSync(fresh);
  must('mount', ['-t', 'sysfs', 'sysfs', fresh]);
  must('mount', ['--rbind', '/sys/fs/cgroup', `${fresh}/fs/cgroup`]);
  must('mount', ['--move', fresh, '/sys']);
  rmSync(fresh, { recursive: true });
}

/** A proc view that somebody has mounted would be found by those who need none at a certain place. */
export function hideViews(): void {
  const lines = readFileSync('/proc/self/mounts', 'utf8').split('\n');
  const points = lines.filter((line) => / fuse\.lxcfs /.test(line)).map((line) => line.split(' ')[1] ?? '');
  for (const point of points.reverse()) must('umount', ['-l', point]);
}

export function must(file: string, args: string[]): void {
  const done = spawnSync(file, args, { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`Failed to run ${file} ${args.join(' ')}: ${done.stderr}`);
}

/** Exit status; the last line has the counts. `selection` are arguments for vitest. */
export function runRing(ring: string, selection: readonly string[]): number {
  const dir = mkdtempSync(join(tmpdir(), `lxc-ts-${ring}-`));
  try {
    const results = join(dir, 'results.json');
    const vitest = join(project, 'node_modules/vitest/vitest.mjs');
    const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`];
    const args = [vitest, 'run', '--project', ring, ...reporters, ...selection];
    const { status } = spawnSync(process.execPath, args, { stdio: 'inherit', cwd: project });
    const whole = ring === 'system' && selection.length === 0;
    return report(results, whole) && status === 0 ? 0 : 1;
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}
