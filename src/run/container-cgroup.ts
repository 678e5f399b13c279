/** The cgroup directories of a running container: the monitor knows the paths, the host where they are mounted. */

import type { ReadFile } from '../base/amount.ts';
import { textIfReadable } from '../base/text-file.ts';
import { findStats, type StatReadings, type Stats, valuesOf } from '../cgroup/stats.ts';
import { cgroupDirectory } from '../host/cgroup-mounts.ts';
import type { CommandSocket } from './command-socket.ts';
import { cgroupsOf } from './processes.ts';

/**
 * The directory whose limits hold for the container as a whole; `''` is the unified hierarchy. `undefined` if the
 * host has no such controller, or nothing runs.
 */
export async function limitDir(socket: CommandSocket, controller: string): Promise<string | undefined> {
  if (cgroupDirectory({ controllers: controller, path: '/' }) === undefined) return undefined;
  // Before 4.0 there was but one cgroup for both purposes, and no such question.
  const path =
    (await socket.limitCgroup(controller)) ??
    (await socket.cgroup(controller)) ??
    (await ownPath(socket, controller));
  // The answer starts at the hierarchy's root, with a slash from some monitors and without one from others.
  return path === undefined
    ? undefined
    : cgroupDirectory({ controllers: controller, path: `/${path.replace(/^\/+/, '')}` });
}

/**
 * Monitors of C LXC do not tell the unified path on a hybrid host; init knows it. In the topmost cgroup it has none of
 * its own: a user's container without a delegated one.
 */
async function ownPath(socket: CommandSocket, controller: string): Promise<string | undefined> {
  if (controller !== '') return undefined;
  const pid = await socket.initPid();
  const groups = pid === undefined ? [] : cgroupsOf(pid);
  const path = groups.find(({ controllers }) => controllers.split(',').includes(controller))?.path;
  return path === '/' ? undefined : path;
}

export async function containerStats(socket: CommandSocket): Promise<Stats> {
  return valuesOf(await statReadings(socket));
}

/** The same, and where each number was read; `read` is handed every file that was tried. */
export async function statReadings(
  socket: CommandSocket,
  read: ReadFile = textIfReadable,
): Promise<StatReadings> {
  const [cpuacct, blkio, memory, pids] = await Promise.all(
    ['cpuacct', 'blkio', 'memory', 'pids'].map((controller) => limitDir(socket, controller)),
  );
  const isComplete = cpuacct !== undefined && blkio !== undefined && memory !== undefined;
  const unified = isComplete ? undefined : await limitDir(socket, '');
  return findStats({ cpuacct, blkio, memory, pids, unified }, read);
}
