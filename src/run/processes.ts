/** What /proc tells of the init of a container, for attach. */

import { readFileSync, readlinkSync } from 'node:fs';
import type { Membership } from '../host/cgroup-mounts.ts';
import { type NamespaceName, namespaceFlags } from '../plan/namespaces.ts';

export interface ProcessFacts {
  /** Capabilities that the bounding set lacks. */
  readonly dropped: bigint;
  readonly noNewPrivs: boolean;
}

/** `undefined` when the process has gone. */
export function processFacts(pid: number): ProcessFacts | undefined {
  const status = readProc(pid, 'status');
  if (status === undefined) return undefined;
  const bounding = BigInt(`0x${/^CapBnd:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? 'ffffffffffffffff'}`);
  return { dropped: knownCapabilities() & ~bounding, noNewPrivs: /^NoNewPrivs:\s*1/m.test(status) };
}

let known: bigint | undefined;

/** Every capability that this kernel has; it does not change while we run. */
function knownCapabilities(): bigint {
  known ??= (1n << (BigInt(readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8').trim()) + 1n)) - 1n;
  return known;
}

/** The namespaces of `pid` that are not those of `caller`. */
export function foreignNamespaces(pid: number, caller: number): ReadonlySet<NamespaceName> {
  const names = Object.keys(namespaceFlags).filter(isNamespaceName);
  return new Set(names.filter((name) => isForeign(namespaceOf(pid, name), namespaceOf(caller, name))));
}

function isForeign(theirs: string | undefined, ours: string | undefined): boolean {
  return theirs !== undefined && theirs !== ours;
}

function isNamespaceName(name: string): name is NamespaceName {
  return name in namespaceFlags;
}

function namespaceOf(pid: number, name: NamespaceName): string | undefined {
  try {
    return readlinkSync(`/proc/${pid}/ns/${name}`);
  } catch {
    return undefined;
  }
}

export function cgroupsOf(pid: number): readonly Membership[] {
  const lines = readProc(pid, 'cgroup')?.trim().split('\n') ?? [];
  return lines.flatMap((line) => {
    const [, , controllers = '', path = ''] = /^([0-9]+):([^:]*):(.*)$/.exec(line) ?? [];
    return path === '' ? [] : [{ controllers, path }];
  });
}

/** The label under a security module; `undefined` without one and where it is unconfined. */
export function labelOf(pid: number): { system: 'apparmor' | 'selinux'; text: string } | undefined {
  const text = readProc(pid, 'attr/current')?.replace(/[\0\n]+$/, '') ?? '';
  if (text === '' || text === 'unconfined' || text === 'kernel') return undefined;
  if (/^[^:]+:[^:]+:[^:]+/.test(text)) return { system: 'selinux', text };
  return { system: 'apparmor', text: text.replace(/ \((enforce|complain|kill|mixed)\)$/, '') };
}

function readProc(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}
