/** Cgroups of a container with ids of its own: its root may make further ones below, and move its processes there. */

import type { RawEntry } from '../config/index.ts';
import { type Op, where } from '../wire/ops.ts';
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

/** A user cannot give his away: they stay his, so that he can limit and freeze, and the group of that root shares them. */
export function shareCgroups(
  places: readonly Place[],
  gid: number,
  entry: RawEntry | undefined,
): readonly PlannedOp[] {
  const why = (act: string) => askedBy(entry, 'lxc.idmap', act);
  const group: Op = { op: 'setIds', args: { uid: -1, gid, groups: Buffer.alloc(0), keepGroups: 1 } };
  const share = (path: string) =>
    step({ op: 'shareWith', args: { path, gid } }, why(`share ${path} with the root of the container`), {
      optional: true,
    });
  const paths = places.flatMap(({ payload, hierarchy: { version } }) => [
    payload,
    ...files[version].map((file) => `${payload}/${file}`),
  ]);
  return [step(group, why(`join group ${gid} of the container`)), ...paths.map(share)];
}

function give(path: string, { uid, gid }: Owner, entry: RawEntry | undefined, optional: boolean): PlannedOp {
  const why = askedBy(entry, 'lxc.idmap', `give ${path} to the root of the container`);
  return step({ op: 'chown', args: { path, where: where.host, uid, gid } }, why, { optional });
}
