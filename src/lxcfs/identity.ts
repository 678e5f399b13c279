/**
 * Who is asking: from the thread id in a request to the container whose numbers are shown. The pid namespace leads
 * to its init and that to a cgroup; the mount namespace tells those apart who share a pid namespace but not a cgroup
 * (sidecars, --pid=container:X).
 */

import { closeSync, openSync } from 'node:fs';
import { performance } from 'node:perf_hooks';
import { checksum } from './checksum.ts';
import type { Subject } from './contract.ts';
import type { Files } from './files.ts';
import { parseStatus, startOf } from './process.ts';

export interface Identity {
  identify(tid: number): Subject;
  subjectOf(pid: number): Subject | undefined;
  /** For what `subjectOf` gave; half the price of `identify`. */
  mayAsk(tid: number, subject: Subject): boolean;
  /** Forgets containers that are gone. */
  sweep(): void;
}

interface Known {
  readonly subject: Subject;
  /** Whose cgroup it is: init, or the first reader of a sidecar. */
  readonly pid: number;
  readonly pidNamespace: string | undefined;
  /** Keeps the number of the pid namespace from being given to another one. */
  readonly pin: number | undefined;
  checked: number;
}

/** A container may move itself to another cgroup (systemd does at its start). */
const freshMs = 1000;
const recentMs = 5;
const mostRecent = 128;
/** The way up from a process to its init. */
const mostParents = 64;

export function openIdentity(files: Files): Identity {
  const known = new Map<string, Known>();
  const own = { pid: files.link('/proc/self/ns/pid') };
  const namespaces = recentNamespaces(files);

  const forget = (key: string) => {
    const pin = known.get(key)?.pin;
    if (pin !== undefined) closeSync(pin);
    known.delete(key);
  };

  /** One that was looked at just now, or is still what it was. */
  const remembered = (key: string): Subject | undefined => {
    const found = known.get(key);
    if (found === undefined) return undefined;
    const now = performance.now();
    if (now - found.checked < freshMs) return found.subject;
    if (!isUnchanged(files, found)) return undefined;
    found.checked = now;
    return found.subject;
  };

  const remember = (key: string, made: Known): Subject => {
    forget(key);
    known.set(key, made);
    return made.subject;
  };

  const identify = (tid: number): Subject => {
    const { pid: pidNamespace, key } = namespaces(tid);
    if (pidNamespace === undefined || pidNamespace === own.pid) return hostProcess(files, tid);
    const found = remembered(key);
    if (found !== undefined) return found;
    const made = look(files, tid, pidNamespace, performance.now());
    return made === undefined ? hostProcess(files, tid) : remember(key, made);
  };

  const subjectOf = (pid: number): Subject | undefined => {
    const key = String(pid);
    const found = remembered(key);
    if (found !== undefined) return found;
    const subject = containerOf(files, pid);
    if (subject === undefined) return undefined;
    const pidNamespace = files.link(`/proc/${pid}/ns/pid`);
    return remember(key, { subject, pid, pidNamespace, pin: openPin(pid), checked: performance.now() });
  };

  const mayAsk = (tid: number, { init }: Subject): boolean => {
    const { pid: pidNamespace } = namespaces(tid);
    if (pidNamespace === undefined || pidNamespace === own.pid) return true;
    return pidNamespace === known.get(String(init))?.pidNamespace;
  };

  const sweep = () => {
    for (const [key, one] of known) if (!isUnchanged(files, one)) forget(key);
  };

  return { identify, subjectOf, mayAsk, sweep };
}

interface Namespaces {
  readonly pid: string | undefined;
  /** Of both namespaces. */
  readonly key: string;
}

/**
 * Namespaces of threads. A thread keeps its pid namespace for life, and its number goes to another one only when all
 * numbers were used in between: a program that reads file after file is looked up once in a few milliseconds.
 */
function recentNamespaces(files: Files): (tid: number) => Namespaces {
  const recent = new Map<number, Namespaces & { readonly at: number }>();
  return (tid) => {
    const now = performance.now();
    const found = recent.get(tid);
    if (found !== undefined && now - found.at < recentMs) return found;
    const pid = tid === 0 ? undefined : files.link(`/proc/${tid}/ns/pid`);
    const key = pid === undefined ? '' : `${pid} ${files.link(`/proc/${tid}/ns/mnt`) ?? tid}`;
    if (recent.size >= mostRecent) recent.clear();
    recent.set(tid, { pid, key, at: now });
    return { pid, key };
  };
}

function isUnchanged(files: Files, { subject, pid }: Known): boolean {
  if (startedAt(files, subject.init) !== subject.started) return false;
  return files.read(`/proc/${pid}/cgroup`) === subject.cgroups;
}

function startedAt(files: Files, pid: number): number | undefined {
  const stat = files.read(`/proc/${pid}/stat`);
  return stat === undefined ? undefined : startOf(stat);
}

function containerOf(files: Files, pid: number): Subject | undefined {
  const started = startedAt(files, pid);
  const cgroups = files.read(`/proc/${pid}/cgroup`);
  if (started === undefined || cgroups === undefined) return undefined;
  return { key: `${started}.${pid}`, init: pid, started, host: false, cgroups };
}

/** A process of the host's pid namespace, or one that cannot be looked into: its own cgroup is all that is known. */
function hostProcess(files: Files, tid: number): Subject {
  const cgroups = tid === 0 ? '' : (files.read(`/proc/${tid}/cgroup`) ?? '');
  const key = `h.${checksum(cgroups)}`;
  return { key, init: tid, started: startedAt(files, 1) ?? 0, host: true, cgroups };
}

function look(files: Files, tid: number, pidNamespace: string, now: number): Known | undefined {
  const init = initAbove(files, tid, pidNamespace) ?? initAmongAll(files, pidNamespace);
  const found = init === undefined ? undefined : containerOf(files, init);
  if (init === undefined || found === undefined) return undefined;
  const cgroups = files.read(`/proc/${tid}/cgroup`) ?? found.cgroups;
  const pin = openPin(init);
  if (isWithin(cgroups, found.cgroups)) return { subject: found, pid: init, pidNamespace, pin, checked: now };
  const key = `${found.key}.${checksum(cgroups)}`;
  return { subject: { ...found, key, cgroups }, pid: tid, pidNamespace, pin, checked: now };
}

function openPin(init: number): number | undefined {
  try {
    return openSync(`/proc/${init}/ns/pid`, 'r');
  } catch {
    return undefined;
  }
}

/** The parents of a process of a container lead to its init, unless it was put in from outside (lxc-attach). */
function initAbove(files: Files, tid: number, pidNamespace: string): number | undefined {
  let pid = tid;
  for (let step = 0; step < mostParents; step++) {
    const text = files.read(`/proc/${pid}/status`);
    if (text === undefined || files.link(`/proc/${pid}/ns/pid`) !== pidNamespace) return undefined;
    const { nspid, tgid, ppid } = parseStatus(text);
    if (nspid.at(-1) === 1) return tgid;
    pid = ppid;
  }
  return undefined;
}

function initAmongAll(files: Files, pidNamespace: string): number | undefined {
  const pids = files.list('/proc').filter((name) => /^\d+$/.test(name));
  const inside = pids.filter((pid) => files.link(`/proc/${pid}/ns/pid`) === pidNamespace);
  const found = inside.find((pid) => {
    const text = files.read(`/proc/${pid}/status`);
    return text !== undefined && parseStatus(text).nspid.at(-1) === 1;
  });
  return found === undefined ? undefined : Number(found);
}

/** In every hierarchy at or below the place of init. */
export function isWithin(cgroups: string, init: string): boolean {
  const places = new Map(init.split('\n').map((line) => [line.split(':')[1], pathOf(line)]));
  return cgroups.split('\n').every((line) => {
    const above = places.get(line.split(':')[1]) ?? '';
    const path = pathOf(line);
    return above === '' || above === '/' || path === above || path.startsWith(`${above}/`);
  });
}

function pathOf(line: string): string {
  return line
    .split(':')
    .slice(2)
    .join(':')
    .replace(/\/init\.scope$/, '');
}
