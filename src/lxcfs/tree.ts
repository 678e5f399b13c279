/**
 * The tree of names that is served: the files of /proc by profile, and the host's directory of CPUs as it is, to be
 * read but never written.
 */

import { renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ruleFor, files as rules } from './answer.ts';
import { checksum } from './checksum.ts';
import type { Entry, Profile } from './contract.ts';
import type { Files } from './files.ts';
import { sysinfoPath } from './sysinfo.ts';

export const cpuDirectory = '/sys/devices/system/cpu';
/** Deeper than anything the kernel has there. */
const deepest = 8;

/**
 * The same for all servers of a mount, also for those that start after a CPU was plugged in: node numbers are places
 * in this list. It also spares a restarted server the walk, which takes 100 ms where there are 128 CPUs.
 */
export function keptTree(files: Files, profile: Profile, state: string | undefined): readonly Entry[] {
  if (state === undefined) return treeOf(files, profile);
  // A new build may serve further files on the mount of an old one.
  const basis = [files.read('/proc/sys/kernel/random/boot_id') ?? '', ...Object.keys(rules)].join('\n');
  const path = join(state, `tree.${profile.rules}.${checksum(basis)}`);
  const kept = parseTree(files.read(path));
  if (kept !== undefined) return kept;
  const made = treeOf(files, profile);
  const written = `${path}.${process.pid}`;
  writeFileSync(written, JSON.stringify(made), { mode: 0o600 });
  renameSync(written, path);
  return made;
}

function parseTree(text: string | undefined): readonly Entry[] | undefined {
  try {
    return text === undefined ? undefined : JSON.parse(text);
  } catch {
    return undefined;
  }
}

function treeOf(files: Files, profile: Profile): readonly Entry[] {
  return [
    ...procEntries(profile),
    ...['/sys', '/sys/devices', '/sys/devices/system'].map(directory),
    ...cpuEntries(files),
    ...ownEntries(profile),
  ];
}

/** For our monitors, not for containers. */
function ownEntries(profile: Profile): readonly Entry[] {
  const served = ruleFor(sysinfoPath, { profile }) !== undefined;
  return served ? [{ path: sysinfoPath, kind: 'file', mode: 0o444 }] : [];
}

function directory(path: string): Entry {
  return { path, kind: 'directory', mode: 0o555 };
}

function procEntries(profile: Profile): readonly Entry[] {
  const served = Object.keys(rules).filter(
    (path) => path.startsWith('/proc/') && ruleFor(path, { profile }) !== undefined,
  );
  // 5.0.3 does not have them yet.
  const names = served.filter((path) => profile.rules !== '5.0.3' || !path.startsWith('/proc/pressure/'));
  const nested = names.some((path) => path.startsWith('/proc/pressure/'))
    ? [directory('/proc/pressure')]
    : [];
  const made = names.map((path): Entry => ({ path, kind: 'file', mode: modeOf(path, profile) }));
  return [directory('/proc'), ...made.filter(isFlat), ...nested, ...made.filter((one) => !isFlat(one))];
}

function isFlat({ path }: Entry): boolean {
  return !path.startsWith('/proc/pressure/');
}

/** The kernel shows its caches to root alone; LXCFS to everybody. */
function modeOf(path: string, { rules: whose }: Profile): number {
  return path === '/proc/slabinfo' && whose === 'default' ? 0o400 : 0o444;
}

function cpuEntries(files: Files): readonly Entry[] {
  return [directory(cpuDirectory), ...below(files, cpuDirectory, 1)];
}

function below(files: Files, path: string, depth: number): readonly Entry[] {
  if (depth > deepest) return [];
  return files.list(path).flatMap((name) => entriesAt(files, `${path}/${name}`, depth));
}

function entriesAt(files: Files, path: string, depth: number): readonly Entry[] {
  const found = files.stat(path);
  if (found === undefined) return [];
  const cpu = /^\/sys\/devices\/system\/cpu\/cpu(\d+)(?:\/|$)/.exec(path)?.[1];
  const of = cpu === undefined ? {} : { cpu: Number(cpu) };
  switch (found.kind) {
    case 'directory':
      return [{ ...directory(path), ...of }, ...below(files, path, depth + 1)];
    case 'link':
      return [{ path, kind: 'link', mode: 0o777, target: files.link(path) ?? '', ...of }];
    case 'file':
      // Switches that can only be written are none for a container.
      return (found.mode & 0o444) === 0 ? [] : [{ path, kind: 'file', mode: found.mode & 0o444, ...of }];
  }
}
