/** All that a start does about cgroups, in the places of the program where it belongs. */

import type { Config } from '../config/index.ts';
import type { Op } from '../wire/ops.ts';
import type { PlannedOp } from '../wire/program.ts';
import type { FindDevice } from './devices.ts';
import type { CgroupFacts } from './layout.ts';
import { type Limits, resolveLimits } from './limits.ts';
import { type Place, type PlacementRequest, placeCgroups } from './placement.ts';
import * as v1 from './v1.ts';
import * as v2 from './v2.ts';

export interface CgroupPlan {
  readonly places: readonly Place[];
  /** Parent, before the runner leaves its caller, and the v2 directory that it is born in ('' none). */
  readonly beforeDetach: readonly PlannedOp[];
  readonly detachInto: string;
  /** Parent, before clone, and the v2 directory that init is born in. */
  readonly beforeClone: readonly PlannedOp[];
  readonly cloneInto: string;
  /** Parent, while the child mounts; then the child joins. */
  readonly beforeReady: readonly PlannedOp[];
  readonly joins: readonly PlannedOp[];
  /** Parent, when the child needs nothing more. */
  readonly monitor: readonly PlannedOp[];
  /** Parent, when the child's set-up is done. */
  readonly late: readonly PlannedOp[];
  readonly settings: readonly Op[];
  readonly notes: Limits['notes'];
}

export interface CgroupRequest extends PlacementRequest {
  readonly config: Config;
  /** The same monitor starts again: it cannot be born anew in a v2 directory. */
  readonly reboot: boolean;
}

export function planCgroups(request: CgroupRequest, facts: CgroupFacts, find: FindDevice): CgroupPlan {
  const limits = resolveLimits(request.config, facts, find);
  const places = placeCgroups(request, facts)
    .map((place) => withoutRebirth(place, request))
    .map((place) => withRoomForDevices(place, limits));
  const first = places.filter(({ hierarchy }) => hierarchy.version === 1);
  const second = places.filter(({ hierarchy }) => hierarchy.version === 2);
  return {
    places,
    beforeDetach: second.flatMap((place) => v2.makeMonitor(place, facts)),
    detachInto: second[0]?.monitor ?? '',
    beforeClone: second.flatMap((place) => v2.makePayload(place, facts, limits)),
    cloneInto: second[0]?.payload ?? '',
    beforeReady: first.flatMap((place) => v1.makePayload(place, facts, limits)),
    joins: first.map(v1.joinPayload),
    monitor: [...first.flatMap((place) => v1.joinMonitor(place, facts)), ...places.flatMap(makePivot)],
    late: [
      ...first.flatMap((place) => v1.denyDevices(place, limits)),
      ...second.flatMap((place) => v2.attachDevices(place, limits)),
    ],
    settings: [
      ...places.map(describe),
      ...second.flatMap((place) => v2.keepDevices(place, limits)),
      pivot(places),
    ],
    notes: limits.notes,
  };
}

function withoutRebirth(place: Place, { reboot }: CgroupRequest): Place {
  return reboot && place.hierarchy.version === 2 ? { ...place, monitor: undefined } : place;
}

/** v1 takes a rule for all devices only in a directory without others below, so there is no inner one then. */
function withRoomForDevices(place: Place, { devices }: Limits): Place {
  const { hierarchy, limit, limitPath } = place;
  const ruled = devices.some((one) => one.hierarchy === hierarchy && one.rule.type === 'a');
  return ruled && hierarchy.version === 1 ? { ...place, payload: limit, payloadPath: limitPath } : place;
}

function describe({ hierarchy, payload, payloadPath, limit, limitPath }: Place): Op {
  return {
    op: 'setCgroup',
    args: {
      controllers: hierarchy.controllers,
      path: payloadPath,
      limitPath,
      dir: payload,
      limitDir: limit,
    },
  };
}

/** Other monitors share it. */
function makePivot({ monitor, pivot }: Place): readonly PlannedOp[] {
  return monitor === undefined || pivot === undefined ? [] : [v1.makeDirectory(pivot, true)];
}

/** At its end the monitor goes to where its cgroup was made: always there, and v1 lets processes stand anywhere. */
function pivot(places: readonly Place[]): Op {
  const left = places.filter(({ monitor }) => monitor !== undefined);
  const goal = (place: Place): string => place.pivot ?? place.base;
  const tasks = left
    .filter(({ hierarchy }) => hierarchy.version === 1)
    .map((place) => `${goal(place)}/tasks`);
  const unified = left.find(({ hierarchy }) => hierarchy.version === 2);
  return { op: 'setPivot', args: { tasks, cgroup2: unified === undefined ? '' : goal(unified) } };
}
