/**
 * The view in containers that run already. What lies over what is told from mountinfo, so that dead mounts are found and
 * never touched; the mounting is done by the helper inside the container's mount namespace.
 */

import { lstatSync, readdirSync } from 'node:fs';
import { LxcError } from '../../base/error.ts';
import { installRoot } from '../../base/install.ts';
import type { Session } from '../session.ts';
import { findKeepers } from './keepers.ts';
import { type Consumer, type LxcfsMount, mountsOf } from './mounts.ts';

/** The view to bind from. */
export interface Origin {
  readonly mountpoint: string;
  readonly device: string;
  /** It has containers by their names and no tree that all share. */
  readonly named: boolean;
}

export type Change =
  | { readonly mode: 'remove'; readonly target: string }
  | { readonly mode: 'bind'; readonly source: string; readonly target: string };

const cpus = '/sys/devices/system/cpu';

/** Of several, the one at LXCFS's usual place. */
export function findOrigin(): Origin {
  const mounts = mountsOf('self');
  const origins = findKeepers().flatMap(({ mountpoint, settings }) => {
    const mount = mounts.findLast(({ at, part }) => at === mountpoint && part === '/');
    return mount === undefined
      ? []
      : [{ mountpoint, device: mount.device, named: settings.fuseNative !== undefined }];
  });
  const origin = origins.find(({ mountpoint }) => mountpoint === '/var/lib/lxcfs') ?? origins[0];
  if (origin === undefined)
    throw new LxcError('Failed to find the view: no lxcfs of ours is mounted here', {
      hint: 'run lxcfs /var/lib/lxcfs',
    });
  return origin;
}

/** What the view has and the container as well; what lies there already, from any lxcfs, goes first. */
export function injection(pid: number, { mountpoint, named }: Origin): readonly Change[] {
  if (named)
    throw new LxcError(
      `Failed to put the view into process ${pid}: the one on ${mountpoint} has no tree that all share`,
      {
        hint: 'run lxcfs without --transport fuse-native',
      },
    );
  const files = ['/proc', '/proc/pressure'].flatMap((directory) =>
    readdirSync(`${mountpoint}${directory}`)
      .map((name) => `${directory}/${name}`)
      .filter((path) => path !== '/proc/pressure'),
  );
  const binds = [...files, cpus]
    .filter((path) => exists(`/proc/${pid}/root${path}`))
    .map((path): Change => ({ mode: 'bind', source: `${mountpoint}${path}`, target: path }));
  return [...removal(mountsOf(pid)), ...binds];
}

/** The uppermost first. The mount of a whole view is not ours to take. */
export function removal(mounts: readonly LxcfsMount[]): readonly Change[] {
  return mounts
    .filter(({ part }) => part !== '/')
    .map(({ at }): Change => ({ mode: 'remove', target: at }))
    .reverse();
}

/** The same parts at the same places, from the view that lives. A whole view that was bound, for nested LXC, too. */
export function reattachment({ mounts }: Consumer, { mountpoint, device, named }: Origin): readonly Change[] {
  // What lies under the living view is out of reach, and in nobody's way.
  const living = new Set(mounts.filter((mount) => mount.device === device).map(({ at }) => at));
  const served = (part: string) => !named || part === '/' || part.startsWith('/by-name/');
  const foreign = mounts.filter(({ at, part }) => !living.has(at) && served(part));
  const removes = foreign.map(({ at }): Change => ({ mode: 'remove', target: at })).reverse();
  const places = new Map(foreign.map(({ at, part }) => [at, part]));
  const binds = [...places].map(([at, part]): Change => {
    const source = part === '/' ? mountpoint : `${mountpoint}${part}`;
    return { mode: 'bind', source, target: at };
  });
  return [...removes, ...binds];
}

export async function apply(session: Session, pid: number, changes: readonly Change[]): Promise<string> {
  const words = changes.flatMap((change) => [
    change.mode,
    change.mode === 'bind' ? change.source : '',
    change.target,
  ]);
  if (words.length === 0) return '';
  const argv = [`${installRoot}/bin/lxc-ts`, '--inject', String(pid), ...words];
  const { status, output } = await session.spawn({ argv, stdio: 'capture' });
  return status === 0 ? '' : output;
}

function exists(path: string): boolean {
  return lstatSync(path, { throwIfNoEntry: false }) !== undefined;
}
