/** The cgroup directories of a running container: the monitor knows the paths, the host where they are mounted. */

import { type CgroupMount, mountOf, readCgroupMounts } from '../cgroup/mounts.ts';
import { readStats, type Stats } from '../cgroup/stats.ts';
import type { CommandSocket } from './command-socket.ts';

/**
 * The directory whose limits hold for the container as a whole; `''` is the unified hierarchy. `undefined` if the
 * host has no such controller, or nothing runs.
 */
export async function limitDir(
  socket: CommandSocket,
  controller: string,
  mounts: readonly CgroupMount[] = readCgroupMounts(),
): Promise<string | undefined> {
  const mount = mountOf(mounts, controller);
  if (mount === undefined) return undefined;
  // Before 4.0 there was but one cgroup for both purposes, and no such question.
  const path = (await socket.limitCgroup(controller)) ?? (await socket.cgroup(controller));
  return path === undefined ? undefined : join(mount, path);
}

export async function containerStats(socket: CommandSocket): Promise<Stats> {
  const mounts = readCgroupMounts();
  const [cpuacct, blkio, memory, unified] = await Promise.all([
    limitDir(socket, 'cpuacct', mounts),
    limitDir(socket, 'blkio', mounts),
    limitDir(socket, 'memory', mounts),
    limitDir(socket, '', mounts),
  ]);
  return readStats({ cpuacct, blkio, memory, unified });
}

/** The answer starts at the hierarchy's root, with a slash from some monitors and without one from others. */
function join({ path: mount, root }: CgroupMount, path: string): string {
  const full = `/${path.replace(/^\/+/, '')}`;
  const below = root !== '/' && full.startsWith(`${root}/`) ? full.slice(root.length) : full;
  return `${mount}${below === '/' ? '' : below}`;
}
