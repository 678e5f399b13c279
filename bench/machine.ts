/** What has to be known of a machine to judge its figures; nothing that says whose it is. */

import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { cpus, loadavg, release, totalmem } from 'node:os';
import { join } from 'node:path';
import type { Machine } from './figures.ts';
import { hasOwnRun } from './own-run.ts';
import { environment } from './world.ts';

export function machineFacts(rounds: number, theirs: string, lxcfs: string): Machine {
  return {
    day: new Date().toISOString().slice(0, 10),
    cpus: cpus().length,
    processor: cpus()[0]?.model ?? process.arch,
    memoryMb: Math.round(totalmem() / 2 ** 20),
    kernel: /^\d+(\.\d+)*/.exec(release())?.[0] ?? release(),
    cgroups: cgroupLayout(),
    ...(hasOwnRun ? { ownRun: true } : {}),
    load: loadavg()[0] ?? Number.NaN,
    rounds,
    versions: versions(theirs, lxcfs),
  };
}

export function cgroupLayout(): Machine['cgroups'] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  const has = (type: string) => lines.some((line) => line.includes(` - ${type} `));
  if (!has('cgroup')) return 'v2';
  return has('cgroup2') ? 'hybrid' : 'v1';
}

function versions(theirs: string, lxcfs: string): Readonly<Record<string, string>> {
  const known = [
    ['C LXC', join(theirs, 'lxc-start'), '--version'],
    ['crun', 'crun', '--version'],
    ['runc', 'runc', '--version'],
    ['Podman', 'podman', '--version'],
    ['systemd-nspawn', 'systemd-nspawn', '--version'],
    ['LXCFS', lxcfs, '--version'],
    ['Node.js', process.execPath, '--version'],
  ] as const;
  const found: Record<string, string> = { 'lxc-ts': ownVersion() };
  for (const [name, file, ...args] of known) {
    const version = versionOf(file, args);
    if (version !== undefined) found[name] = version;
  }
  return found;
}

function versionOf(file: string, args: readonly string[]): string | undefined {
  if (file.includes('/') && !existsSync(file)) return undefined;
  const { stdout, stderr } = spawnSync(file, args, { encoding: 'utf8', env: environment });
  return firstVersion(`${stdout ?? ''}${stderr ?? ''}`);
}

/** The first thing in a text that reads like a version. */
export function firstVersion(text: string): string | undefined {
  return /\b\d+(?:\.\d+)+|(?<=systemd )\d+/.exec(text.replace(/\bv(?=\d)/g, ''))?.[0];
}

function ownVersion(): string {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return /"version": "([^"]+)"/.exec(text)?.[1] ?? '';
}
