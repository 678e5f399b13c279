/**
 * Cgroup v2, alone or beside v1. The directory is made before clone, which puts the child into it; device rules
 * are a program that is attached when the set-up is done.
 */

import type { Op } from '../wire/ops.ts';
import type { PlannedOp } from '../wire/program.ts';
import { always, asked, step } from '../wire/step.ts';
import { deviceList, deviceProgram } from './device-program.ts';
import { type CgroupFacts, hierarchyOf } from './layout.ts';
import type { Limits } from './limits.ts';
import type { Place } from './placement.ts';
import { makeDirectory, writeValue } from './v1.ts';

export function makePayload(place: Place, facts: CgroupFacts, limits: Limits): readonly PlannedOp[] {
  const { base, limit, payload, hierarchy } = place;
  const writes = limits.writes.filter((one) => one.hierarchy === hierarchy);
  const wanted = controllersFor(
    place,
    facts,
    writes.map(({ file }) => file),
  );
  const needed = writes.length > 0;
  const enable = (path: string) => enableControllers(path, wanted, facts, needed);
  const inner = payload === limit ? [] : [...enable(limit), makeDirectory(payload, false)];
  return [
    ...enable(base),
    ...place.parents.flatMap((path) => [
      ...(facts.taken.has(path) ? [] : [makeDirectory(path, true)]),
      ...enable(path),
    ]),
    makeDirectory(limit, false),
    ...writes.map(({ file, text, entry }) =>
      writeValue(`${limit}/${file}`, text, asked(entry, `write "${text}" to ${limit}/${file}`)),
    ),
    ...inner,
  ];
}

/** v2 alone: all that there is, so that limits can be set later. Beside v1: only what the limits need. */
function controllersFor(
  { hierarchy }: Place,
  facts: CgroupFacts,
  files: readonly string[],
): readonly string[] {
  if (facts.kind === 'unified') return hierarchy.offers;
  const used = new Set(files.map((file) => file.split('.')[0]));
  return hierarchy.offers.filter((one) => used.has(one) && hierarchyOf(facts, one) === hierarchy);
}

/** Not enabling one is an error only where a limit needs it: a directory with processes may refuse. */
function enableControllers(
  path: string,
  wanted: readonly string[],
  { enabled }: CgroupFacts,
  needed: boolean,
): readonly PlannedOp[] {
  const missing = wanted.filter((one) => !(enabled.get(path) ?? []).includes(one));
  if (missing.length === 0) return [];
  const text = missing.map((one) => `+${one}`).join(' ');
  return [
    writeValue(
      `${path}/cgroup.subtree_control`,
      text,
      always(`enable the controllers ${missing.join(', ')} below ${path}`),
      !needed,
    ),
  ];
}

export function attachDevices(place: Place, limits: Limits): readonly PlannedOp[] {
  const own = limits.devices.filter(({ hierarchy }) => hierarchy === place.hierarchy);
  const [first] = own;
  if (first === undefined) return [];
  const list = deviceList(
    own.map(({ rule }) => rule),
    limits.devicesInitially,
  );
  const why = asked(first.entry, `attach the device rules to ${place.limit}`);
  return [step({ op: 'bpfDevices', args: { cgroup: place.limit, program: deviceProgram(list) } }, why)];
}

/** The monitor adds rules to the program when it is asked to. */
export function keepDevices(place: Place, limits: Limits): readonly Op[] {
  return attachDevices(place, limits).flatMap((planned): Op[] =>
    planned.op === 'bpfDevices' ? [{ op: 'setDevices', args: { program: planned.args.program } }] : [],
  );
}

/** The runner is born in it (see `detach`), so it exists before. */
export function makeMonitor(place: Place, facts: CgroupFacts): readonly PlannedOp[] {
  const { monitor } = place;
  if (monitor === undefined) return [];
  const missing = place.monitorParents.filter((path) => !facts.taken.has(path));
  return [...missing.map((path) => makeDirectory(path, true)), makeDirectory(monitor, false)];
}
