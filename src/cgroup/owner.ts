/** Cgroups of a container with ids of its own: its root may make further ones below, and move its processes there. */

import type { RawEntry } from '../config/index.ts';
import { where } from '../wire/ops.ts';
import type { PlannedOp } from '../wire/program.ts';
import { askedBy, step } from '../wire/step.ts';
import type { Place } from './placement.ts';

/** In the numbers of the host. */
interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** What /sys/kernel/cgroup/delegate names; limits are no part of it. */
const files = {
  1: ['tasks', 'cgroup.procs'],
  2: ['cgroup.procs', 'cgroup.threads', 'cgroup.subtree_control'],
} as const;

/** Later kernels add to the list. */
const furtherFiles = { 1: [], 2: ['memory.oom.group', 'memory.reclaim'] } as const;

export function ownCgroups(
  places: readonly Place[],
  owner: Owner,
  entry: RawEntry | undefined,
): readonly PlannedOp[] {
  return places.flatMap(({ payload, hierarchy: { version } }) => {
    const needed = [payload, ...files[version].map((file) => `${payload}/${file}`)];
    const optional = furtherFiles[version].map((file) => `${payload}/${file}`);
    return [
      ...needed.map((path) => give(path, owner, entry, false)),
      ...optional.map((path) => give(path, owner, entry, true)),
    ];
  });
}

function give(path: string, { uid, gid }: Owner, entry: RawEntry | undefined, optional: boolean): PlannedOp {
  const why = askedBy(entry, 'lxc.idmap', `give ${path} to the root of the container`);
  return step({ op: 'chown', args: { path, where: where.host, uid, gid } }, why, { optional });
}
