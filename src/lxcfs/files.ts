/**
 * The kernel's files for the daemon. Opening a cgroup file costs five times what reading it does, so descriptors
 * stay open; one whose cgroup is gone answers ENODEV and is dropped.
 */

import { closeSync, existsSync, lstatSync, openSync, readdirSync, readlinkSync, readSync } from 'node:fs';
import { dirname } from 'node:path';
import { performance } from 'node:perf_hooks';
import { errnoCode } from '../base/errno.ts';
import type { Source } from './inquiry.ts';

export interface EntryStat {
  readonly kind: 'directory' | 'file' | 'link';
  readonly mode: number;
}

export interface Files extends Source {
  /** Without keeping a descriptor: for files of processes and those seldom read. */
  read(path: string): string | undefined;
  link(path: string): string | undefined;
  /** Names in a directory, sorted; none where it is not there. */
  list(path: string): readonly string[];
  /** Names of directories in a directory. */
  directories(path: string): readonly string[];
  stat(path: string): EntryStat | undefined;
  /** Closes what nobody has asked for since the last two calls. */
  sweep(): void;
}

interface Open {
  readonly descriptor: number;
  /** One record: a read gives all of it, and no second read has to find the end. */
  readonly single: boolean;
  round: number;
}

/** Files of cgroups are one record, but for the lists of tasks; so are these of /proc. */
const singleRecord =
  /^\/sys\/fs\/cgroup\/(?!.*\/(?:tasks|cgroup\.procs|cgroup\.threads)$)|^\/proc\/(?:meminfo|stat|uptime|loadavg)$/;
/** A file that a directory does not have (a controller that is not delegated) is not looked for again in this time. */
const missingMs = 500;
const mostOpen = 4096;

/** Reading is one thing at a time in one thread: all reads share a buffer, which grows with the largest file. */
let buffer = Buffer.allocUnsafeSlow(64 * 1024);

export function openFiles(): Files {
  const open = new Map<string, Open>();
  const missing = new Map<string, number>();
  let round = 0;

  const drop = (path: string) => {
    const found = open.get(path);
    if (found !== undefined) closeSync(found.descriptor);
    open.delete(path);
  };

  const openNow = (path: string): number | undefined => {
    try {
      return openSync(path, 'r');
    } catch (error) {
      if (!isExhausted(error) || open.size === 0) return undefined;
      // A limit that could not be read would count as none: rather than that, all others are opened again.
      for (const other of open.keys()) drop(other);
      return attempt(() => openSync(path, 'r'));
    }
  };

  const acquire = (path: string): Open | undefined => {
    const since = missing.get(path);
    if (since !== undefined && performance.now() - since < missingMs) return undefined;
    const descriptor = openNow(path);
    if (descriptor === undefined) {
      // One that is gone with its directory may come back with it at once: a container that starts again.
      if (existsSync(dirname(path))) missing.set(path, performance.now());
      return undefined;
    }
    missing.delete(path);
    if (open.size >= mostOpen) for (const [other] of [...open].slice(0, mostOpen / 2)) drop(other);
    const opened = { descriptor, single: singleRecord.test(path), round };
    open.set(path, opened);
    return opened;
  };

  const text = (path: string): string | undefined => {
    const known = open.get(path);
    const one = known ?? acquire(path);
    if (one === undefined) return undefined;
    one.round = round;
    const found = attempt(() => readAll(one.descriptor, one.single));
    if (found !== undefined) return found;
    drop(path);
    // The cgroup is gone, or gone and made anew under the same name.
    return known === undefined ? undefined : text(path);
  };

  const sweep = () => {
    round++;
    for (const [path, { round: last }] of open) if (last < round - 2) drop(path);
    const now = performance.now();
    for (const [path, since] of missing) if (now - since > missingMs) missing.delete(path);
  };

  return { text, sweep, read: readOnce, link, list, directories, stat };
}

function isExhausted(error: unknown): boolean {
  return ['EMFILE', 'ENFILE'].includes(errnoCode(error) ?? '');
}

function readOnce(path: string): string | undefined {
  const descriptor = attempt(() => openSync(path, 'r'));
  if (descriptor === undefined) return undefined;
  try {
    return attempt(() => readAll(descriptor, false));
  } finally {
    closeSync(descriptor);
  }
}

function readAll(descriptor: number, single: boolean): string {
  let length = 0;
  for (;;) {
    if (length === buffer.length) grow();
    const more = readSync(descriptor, buffer, length, buffer.length - length, length);
    length += more;
    if (more === 0 || (single && length < buffer.length)) return buffer.toString('latin1', 0, length);
  }
}

function grow(): void {
  const larger = Buffer.allocUnsafeSlow(buffer.length * 2);
  buffer.copy(larger);
  buffer = larger;
}

function link(path: string): string | undefined {
  return attempt(() => readlinkSync(path));
}

function list(path: string): readonly string[] {
  return attempt(() => readdirSync(path).sort()) ?? [];
}

function directories(path: string): readonly string[] {
  const entries = attempt(() => readdirSync(path, { withFileTypes: true })) ?? [];
  return entries.filter((entry) => entry.isDirectory()).map(({ name }) => name);
}

function stat(path: string): EntryStat | undefined {
  const found = attempt(() => lstatSync(path));
  if (found === undefined) return undefined;
  const kind = found.isDirectory() ? 'directory' : found.isSymbolicLink() ? 'link' : 'file';
  return { kind, mode: found.mode & 0o777 };
}

/** What is gone, hidden or not for us is not there: the view has an answer for that. */
function attempt<T>(act: () => T): T | undefined {
  try {
    return act();
  } catch {
    return undefined;
  }
}
