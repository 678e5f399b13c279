/**
 * What a container leaves on its host, as a value that two moments can be compared by: cgroups, links, mounts,
 * processes, runtime files. Only this run's world is looked at, so other containers on the machine do not disturb.
 */

import { readdirSync, readFileSync, readlinkSync, rmdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { underC } from './commands.ts';
import { runPrefix } from './run-prefix.ts';

export interface World {
  readonly cgroups: readonly string[];
  readonly links: readonly string[];
  readonly mounts: readonly string[];
  readonly processes: readonly string[];
  readonly files: readonly string[];
}

export function snapshot(): World {
  return {
    cgroups: cgroups(),
    links: links(),
    mounts: mounts(),
    processes: processes(),
    files: runtimeFiles(),
  };
}

/** One line for each thing that came or went. */
export function difference(before: World, after: World): string[] {
  const kinds = ['cgroups', 'links', 'mounts', 'processes', 'files'] as const;
  return kinds.flatMap((kind) => [
    ...after[kind].filter((line) => !before[kind].includes(line)).map((line) => `+ ${kind}: ${line}`),
    ...gone(kind, before, after).map((line) => `- ${kind}: ${line}`),
  ]);
}

const turnMs = 20;

/** Of processes nothing is missed: a monitor of C LXC may outlive its test and end during the next one. */
function gone(kind: keyof World, before: World, after: World): readonly string[] {
  return kind === 'processes' ? [] : before[kind].filter((line) => !after[kind].includes(line));
}

/** What still differs when the kernel and a leaving monitor had time to finish their clean-up. */
export async function settled(before: World, timeoutMs = 4000): Promise<string[]> {
  // By turns, not by the clock, which goes on while everything is paused.
  for (let turn = 0; ; turn += 1) {
    const lines = difference(before, snapshot());
    if (lines.length === 0 || turn * turnMs > timeoutMs) return lines;
    await new Promise((wake) => setTimeout(wake, turnMs));
  }
}

/** Removes what came since `before`, so that a test that failed does not make the next one fail too. */
export function sweep(before: World): void {
  for (const line of difference(before, snapshot())) {
    const [sign, kind, what = ''] = line.split(' ', 3);
    if (sign === '+' && kind === 'processes:') attempt(() => process.kill(Number(what), 'SIGKILL'));
    if (sign === '+' && kind === 'files:') attempt(() => rmSync(what));
  }
  for (const path of allCgroups().reverse())
    if (!before.cgroups.includes(path)) attempt(() => rmdirSync(path));
}

/** What a test that failed has made besides the containers that it knows of, so that no other test sees it in a list. */
export function removeContainers(): void {
  const lxcpath = '/var/lib/lxc';
  for (const name of readdirSync(lxcpath).filter((entry) => entry.startsWith(runPrefix)))
    attempt(() => rmSync(join(lxcpath, name), { recursive: true, force: true }));
}

function attempt(act: () => void): void {
  try {
    act();
  } catch {
    // The next comparison tells what could not be removed.
  }
}

/** The mount points of all hierarchies: v1 controllers and cgroup2. */
export function hierarchies(): string[] {
  const points = readFileSync('/proc/self/mounts', 'utf8')
    .split('\n')
    .map((line) => line.split(' '))
    .filter((fields) => fields[2] === 'cgroup' || fields[2] === 'cgroup2')
    .map((fields) => fields[1] ?? '');
  return [...new Set(points)];
}

function cgroups(): string[] {
  return allCgroups().filter((path) => !isToleratedLeftover(path));
}

function allCgroups(): string[] {
  return hierarchies()
    .flatMap((top) => directoriesBelow(top, 4))
    .filter((path) => path.includes(runPrefix))
    .sort();
}

/** C LXC 5.0 now and then fails to remove the monitor's cgroups of a failed start (its dead child is in them). */
function isToleratedLeftover(path: string): boolean {
  return underC && path.includes('/lxc.monitor.');
}

function directoriesBelow(dir: string, depth: number): string[] {
  if (depth === 0) return [];
  try {
    return readdirSync(dir, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => join(dir, entry.name))
      .flatMap((path) => [path, ...directoriesBelow(path, depth - 1)]);
  } catch {
    return [];
  }
}

function links(): string[] {
  return readFileSync('/proc/self/net/dev', 'utf8')
    .split('\n')
    .slice(2)
    .map((line) => line.split(':')[0]?.trim() ?? '')
    .filter((name) => name !== '')
    .sort();
}

/** Mounts without their numbers, which the kernel hands out anew. */
function mounts(): string[] {
  return readFileSync('/proc/self/mountinfo', 'utf8')
    .split('\n')
    .map((line) => line.split(' ').slice(3).join(' '))
    .filter((line) => line !== '')
    .sort();
}

/** Processes that share our mount or network namespace or sit in a cgroup of this run, but for the test runner. */
function processes(): string[] {
  const ours = [readlinkSync('/proc/self/ns/mnt'), readlinkSync('/proc/self/ns/net')];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => describeProcess(pid, ours))
    .sort();
}

/** The pids of the daemons of this run. */
export function daemons(): number[] {
  const ours = [readlinkSync('/proc/self/ns/mnt')];
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .filter((pid) => isDaemon(pid, ours))
    .map(Number);
}

function isDaemon(pid: string, ours: readonly string[]): boolean {
  try {
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8');
    return ours.includes(readlinkSync(`/proc/${pid}/ns/mnt`)) && /lxc\.cjs\0--daemon/.test(commandLine);
  } catch {
    return false;
  }
}

function describeProcess(pid: string, ours: readonly string[]): string[] {
  try {
    const inside = ['mnt', 'net'].some((ns) => ours.includes(readlinkSync(`/proc/${pid}/ns/${ns}`)));
    const belongs = inside || readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(runPrefix);
    const commandLine = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    if (!belongs || commandLine === '' || isTestRunner(commandLine)) return [];
    return [`${pid} ${commandLine}`];
  } catch {
    return [];
  }
}

/** Node.js runs the tests; only where it runs our brain it counts (one warm daemon may come and go by itself). */
function isTestRunner(commandLine: string): boolean {
  if (commandLine.includes('--daemon')) return true;
  return /node|esbuild|unshare/.test(commandLine) && !commandLine.includes('lxc.cjs');
}

/** Files under /run of either implementation. C LXC keeps its lock files, our daemon its socket. */
function runtimeFiles(): string[] {
  return ['/run/lxc', '/run/lxc-ts']
    .flatMap(filesBelow)
    .filter(
      (path) =>
        !path.startsWith('/run/lxc/lock') &&
        !/\/lxc-ts\/(brain-[^/]*\.(sock|lock)|(replay|patterns)\/[^/]*)$/.test(path),
    )
    .sort();
}

function filesBelow(dir: string): string[] {
  try {
    return readdirSync(dir, { recursive: true, withFileTypes: true })
      .filter((entry) => !entry.isDirectory())
      .map((entry) => join(entry.parentPath, entry.name));
  } catch {
    return [];
  }
}
