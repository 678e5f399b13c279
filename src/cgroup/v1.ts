/**
 * Cgroup v1, alone or beside v2. The parent makes and fills the directories while the child mounts; the child
 * then moves itself by writing 0 to each `tasks`, which waits for no grace period of the kernel.
 */

import type { Op } from '../wire/ops.ts';
import type { PlannedOp } from '../wire/program.ts';
import { always, asked, step } from '../wire/step.ts';
import { ruleText } from './devices.ts';
import type { CgroupFacts } from './layout.ts';
import type { Limits } from './limits.ts';
import type { Place } from './placement.ts';

export function makePayload(place: Place, facts: CgroupFacts, limits: Limits): readonly PlannedOp[] {
  const { limit, payload, hierarchy } = place;
  const fill = (path: string): readonly PlannedOp[] => (isCpuset(place) ? fillCpuset(path, facts) : []);
  const missing = place.parents.filter((path) => !facts.taken.has(path));
  return [
    ...missing.flatMap((path) => [makeDirectory(path, true), ...fill(path)]),
    makeDirectory(limit, false),
    ...fill(limit),
    ...limits.writes
      .filter((one) => one.hierarchy === hierarchy)
      .map(({ file, text, entry }) =>
        writeValue(`${limit}/${file}`, text, asked(entry, `write "${text}" to ${limit}/${file}`)),
      ),
    ...(payload === limit ? [] : [makeDirectory(payload, false)]),
  ];
}

function isCpuset({ hierarchy }: Place): boolean {
  return hierarchy.controllers.split(',').includes('cpuset');
}

/** A fresh cpuset is empty and lets nobody in. Directories below it are to be filled by the kernel. */
function fillCpuset(path: string, { cpuset }: CgroupFacts): readonly PlannedOp[] {
  if (cpuset === undefined) return [];
  const write = (file: string, text: string) =>
    writeValue(`${path}/${file}`, text, always(`write "${text}" to ${path}/${file}`));
  return [
    write('cpuset.cpus', cpuset.cpus),
    write('cpuset.mems', cpuset.mems),
    write('cgroup.clone_children', '1'),
  ];
}

export function joinPayload({ payload }: Place): PlannedOp {
  const file = `${payload}/tasks`;
  return step({ op: 'joinCgroup', args: { file } }, always(`move init to ${payload}`));
}

/** After the container's own devices are made and its terminals open, since the rules may forbid both. */
export function denyDevices(place: Place, limits: Limits): readonly PlannedOp[] {
  return limits.devices
    .filter(({ hierarchy }) => hierarchy === place.hierarchy)
    .map(({ rule, entry }) => {
      const path = `${place.limit}/${entry.name}`;
      return writeValue(path, ruleText(rule), asked(entry, `write "${ruleText(rule)}" to ${path}`));
    });
}

export function joinMonitor(place: Place, facts: CgroupFacts): readonly PlannedOp[] {
  const { monitor } = place;
  if (monitor === undefined) return [];
  const missing = place.monitorParents.filter(
    (path) => !facts.taken.has(path) && !place.parents.includes(path),
  );
  const fill = (path: string): readonly PlannedOp[] => (isCpuset(place) ? fillCpuset(path, facts) : []);
  return [
    ...missing.flatMap((path) => [makeDirectory(path, true), ...fill(path)]),
    makeDirectory(monitor, false),
    ...fill(monitor),
    step({ op: 'joinCgroup', args: { file: `${monitor}/tasks` } }, always(`move the monitor to ${monitor}`)),
  ];
}

/** A shared directory may be there, and stays while others use it. */
export function makeDirectory(path: string, shared: boolean): PlannedOp {
  const args = { path, shared: shared ? 1 : 0 };
  const undo: Op = { op: 'rmdirCgroup', args };
  return step({ op: 'mkdirCgroup', args }, always(`make the cgroup ${path}`), { undo: [undo] });
}

export function writeValue(path: string, text: string, why: PlannedOp['why'], optional = false): PlannedOp {
  return step({ op: 'writeFile', args: { path, text: Buffer.from(text), flags: 0, mode: 0 } }, why, {
    optional,
  });
}
