/** What /proc tells of the init of a container, for attach. */

import { readFileSync } from 'node:fs';
import { Grounds } from '../base/grounds.ts';
import { textIfReadable } from '../base/text-file.ts';
import type { Membership } from '../host/cgroup-mounts.ts';
import type { AttachFacts } from '../plan/attach.ts';
import { type NamespaceName, namespaceFlags } from '../plan/namespaces.ts';

export interface ProcessFacts {
  /** Capabilities that the bounding set lacks. */
  readonly dropped: bigint;
  readonly noNewPrivs: boolean;
}

/** `undefined` when the process has gone. */
export function processFacts(pid: number, grounds: Grounds): ProcessFacts | undefined {
  const status = readProc(pid, 'status');
  if (status === undefined) return undefined;
  const path = `/proc/${pid}/status`;
  for (const [text] of status.matchAll(/^(?:CapBnd|NoNewPrivs):.*$/gm))
    grounds.add({ kind: 'line', path, text });
  const bounding = BigInt(`0x${/^CapBnd:\s*([0-9a-f]+)/m.exec(status)?.[1] ?? 'ffffffffffffffff'}`);
  return { dropped: knownCapabilities() & ~bounding, noNewPrivs: /^NoNewPrivs:\s*1/m.test(status) };
}

let known: bigint | undefined;

/** Every capability that this kernel has; it does not change while we run. */
function knownCapabilities(): bigint {
  known ??= (1n << (BigInt(readFileSync('/proc/sys/kernel/cap_last_cap', 'utf8').trim()) + 1n)) - 1n;
  return known;
}

const names = Object.keys(namespaceFlags).filter(isNamespaceName);

/** Those that every client of a brain shares with it: they are in the name of its socket. */
const shared: ReadonlySet<NamespaceName> = new Set(['mnt', 'net', 'pid', 'user', 'cgroup']);
const own = new Map<NamespaceName, string | undefined>();

/** The namespaces of `pid` that are not those of `caller`, a client of ours. */
export function foreignNamespaces(pid: number, caller: number, grounds: Grounds): ReadonlySet<NamespaceName> {
  return new Set(
    names.filter((name) => {
      const theirs = namespaceOf(pid, name, grounds);
      return isForeign(theirs, namespaceOfClient(caller, name, grounds));
    }),
  );
}

function namespaceOfClient(pid: number, name: NamespaceName, grounds: Grounds): string | undefined {
  if (!shared.has(name)) return namespaceOf(pid, name, grounds, 'self');
  if (!own.has(name)) own.set(name, namespaceOf('self', name, new Grounds()));
  return own.get(name);
}

function isForeign(theirs: string | undefined, ours: string | undefined): boolean {
  return theirs !== undefined && theirs !== ours;
}

function isNamespaceName(name: string): name is NamespaceName {
  return name in namespaceFlags;
}

function namespaceOf(
  pid: number | 'self',
  name: NamespaceName,
  grounds: Grounds,
  as: number | 'self' = pid,
): string | undefined {
  return grounds.link(`/proc/${pid}/ns/${name}`, `/proc/${as}/ns/${name}`);
}

export function cgroupsOf(
  pid: number,
  grounds: Grounds = new Grounds(),
  as: number | 'self' = pid,
): readonly Membership[] {
  const lines = grounds.text(`/proc/${pid}/cgroup`, `/proc/${as}/cgroup`)?.trim().split('\n') ?? [];
  return lines.flatMap((line) => {
    const [, , controllers = '', path = ''] = /^([0-9]+):([^:]*):(.*)$/.exec(line) ?? [];
    return path === '' ? [] : [{ controllers, path }];
  });
}

/** Whether this kernel has a security module that labels: without one, each question costs an exception. */
let labels: boolean | undefined;

/**
 * The label of a process for the file of that name below /proc/PID/attr; `undefined` without a security module and
 * where it is unconfined. AppArmor has files of its own since Linux 5.8, beside other modules.
 */
export function labelOf(pid: number, grounds: Grounds): AttachFacts['label'] {
  labels ??= readProc('self', 'attr/current') !== undefined || readProc('self', appArmor) !== undefined;
  if (!labels) return undefined;
  const own = textIfReadable(`/proc/${pid}/${appArmor}`) === undefined ? '' : 'apparmor/';
  const text = grounds.text(`/proc/${pid}/attr/${own}current`)?.replace(/[\0\n]+$/, '') ?? '';
  if (text === '' || text === 'unconfined' || text === 'kernel') return undefined;
  if (own === '' && /^[^:]+:[^:]+:[^:]+/.test(text)) return { attribute: 'exec', text };
  return { attribute: `${own}exec`, text: `exec ${text.replace(mode, '')}` };
}

const appArmor = 'attr/apparmor/current';
const mode = / \((enforce|complain|kill|mixed|prompt)\)$/;

function readProc(pid: number | 'self', file: string): string | undefined {
  return textIfReadable(`/proc/${pid}/${file}`);
}
