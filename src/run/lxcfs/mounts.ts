/** Where lxcfs is mounted, in any mount namespace: told from mountinfo, because a dead mount must not be touched. */

import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoCode } from '../../base/errno.ts';
import { withoutEscapes } from '../../host/mountinfo.ts';

export interface LxcfsMount {
  /** `MAJOR:MINOR` of its superblock: another one for each daemon. */
  readonly device: string;
  /** What of it is mounted: `/`, `/proc/meminfo`. */
  readonly part: string;
  readonly at: string;
}

/** A mount namespace that holds some. */
export interface Consumer {
  /** A process in it. */
  readonly pid: number;
  readonly mounts: readonly LxcfsMount[];
}

/** Lines `ID PARENT DEV ROOT MOUNTPOINT OPTIONS... - TYPE SOURCE SUPEROPTIONS`; later ones lie above earlier ones. */
export function lxcfsMounts(mountinfo: string): readonly LxcfsMount[] {
  return mountinfo.split('\n').flatMap((line) => {
    if (!/ - fuse\.lxcfs /.test(line)) return [];
    const [, , device = '', part = '', at = ''] = line.split(' ');
    return [{ device, part: withoutEscapes(part), at: withoutEscapes(at) }];
  });
}

export function mountsOf(pid: number | 'self'): readonly LxcfsMount[] {
  return lxcfsMounts(readFileSync(`/proc/${pid}/mountinfo`, 'utf8'));
}

/** Every mount namespace but our own with a part of an lxcfs in it. */
export function findConsumers(): readonly Consumer[] {
  const seen = new Set([namespaceOf('self')]);
  return readdirSync('/proc').flatMap((name) => {
    const namespace = /^\d+$/.test(name) ? namespaceOf(name) : undefined;
    if (namespace === undefined || seen.has(namespace)) return [];
    seen.add(namespace);
    const mounts = tried(() => mountsOf(Number(name))) ?? [];
    return mounts.length === 0 ? [] : [{ pid: Number(name), mounts }];
  });
}

function namespaceOf(pid: string): string | undefined {
  return tried(() => readlinkSync(`/proc/${pid}/ns/mnt`));
}

function tried<T>(read: () => T): T | undefined {
  try {
    return read();
  } catch {
    return undefined;
  }
}

/** Whether anybody answers there. One that does not within a second counts as blocked. */
export async function healthOf(path: string): Promise<'alive' | 'dead' | 'blocked'> {
  const asked = stat(path).then(
    () => 'alive' as const,
    (error) => (errnoCode(error) === 'ENOTCONN' ? ('dead' as const) : ('alive' as const)),
  );
  return await Promise.race([asked, sleep(1000, 'blocked' as const, { ref: false })]);
}
