/** The cgroup facts of a start: the hierarchies, the caller's place in them, and which names are taken. */

import { accessSync, constants, existsSync } from 'node:fs';
import { Grounds } from '../base/grounds.ts';
import type { CgroupFacts, CgroupLayout, Hierarchy } from '../cgroup/layout.ts';
import { directoryIn, readLayout, words } from '../cgroup/layout.ts';
import { candidates, type PlacementRequest } from '../cgroup/placement.ts';
import type { Config } from '../config/index.ts';
import type { StartRequest } from '../plan/request.ts';

/** Layout for the process `pid`: what lxc-cgroup and friends need, too. */
export function gatherLayout(pid: number, mountinfo: string, grounds: Grounds = new Grounds()): CgroupLayout {
  return readLayout({
    mountinfo,
    own: grounds.text(`/proc/${pid}/cgroup`, '/proc/self/cgroup') ?? '',
    init: grounds.text('/proc/1/cgroup') ?? '',
    offers: (mount) => grounds.text(`${mount}/cgroup.controllers`) ?? '',
  });
}

export function gatherCgroups(
  config: Config,
  request: StartRequest,
  mountinfo: string,
  grounds: Grounds,
): CgroupFacts {
  const layout = ofUser(gatherLayout(request.pid, mountinfo, grounds), request.uid);
  const placement: PlacementRequest = {
    config,
    name: request.name,
    pattern: request.cgroupPattern,
    detached: request.detach,
  };
  const [first = []] = [candidates(placement, layout, 0)];
  const above = first.map(({ base, parents }) => [base, ...parents.filter((path) => grounds.exists(path))]);
  return {
    ...layout,
    taken: new Set([...above.flat(), ...takenNames(placement, layout, grounds)]),
    cpuset: cpusetOf(layout, above, grounds),
    enabled: enabledIn(layout, above, grounds),
  };
}

/** A user makes cgroups below the one that he is in, where that is his. */
function ofUser(layout: CgroupLayout, uid: number): CgroupLayout {
  if (uid === 0) return layout;
  const own = layout.hierarchies.filter(isDelegated);
  const withheld = layout.hierarchies.filter((one) => !own.includes(one));
  return {
    kind: layout.kind,
    hierarchies: own.map((one) => ({ ...one, base: one.own })),
    withheld: withheld.flatMap(({ controllers }) => controllers.split(',')),
  };
}

function isDelegated(hierarchy: Hierarchy): boolean {
  const directory = directoryIn(hierarchy, hierarchy.own);
  return [directory, `${directory}/cgroup.procs`].every(isWritable);
}

export function isWritable(path: string): boolean {
  try {
    accessSync(path, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

const mostSuffixes = 999;

/**
 * Suffixes are tried until both names are free everywhere. That they are is a ground in one hierarchy only, which shows what
 * somebody else runs or left: where a name is taken in another one, the start that goes by it fails there and is undone.
 */
function takenNames(placement: PlacementRequest, layout: CgroupLayout, grounds: Grounds): readonly string[] {
  const taken: string[] = [];
  for (let number = 0; number <= mostSuffixes; number++) {
    const names = candidates(placement, layout, number).flatMap(({ payload, monitor }) => [payload, monitor]);
    const found = names.filter((path) => existsSync(path));
    for (const path of found.length === 0 ? names.slice(0, 2) : found) grounds.exists(path);
    if (found.length === 0) break;
    taken.push(...found);
  }
  return taken;
}

type Above = readonly (readonly string[])[];

function cpusetOf({ hierarchies }: CgroupLayout, above: Above, grounds: Grounds): CgroupFacts['cpuset'] {
  const index = hierarchies.findIndex(
    (one) => one.version === 1 && one.controllers.split(',').includes('cpuset'),
  );
  const parent = above[index]?.at(-1);
  if (parent === undefined) return undefined;
  const cpus = grounds.text(`${parent}/cpuset.cpus`);
  const mems = grounds.text(`${parent}/cpuset.mems`);
  return cpus === undefined || mems === undefined ? undefined : { cpus: cpus.trim(), mems: mems.trim() };
}

function enabledIn({ hierarchies }: CgroupLayout, above: Above, grounds: Grounds): CgroupFacts['enabled'] {
  const directories = hierarchies.flatMap((one: Hierarchy, index) =>
    one.version === 2 ? (above[index] ?? []) : [],
  );
  return new Map(
    directories.map((path): [string, readonly string[]] => [
      path,
      words(grounds.text(`${path}/cgroup.subtree_control`) ?? ''),
    ]),
  );
}
