/**
 * The cgroup keys of a configuration as values for the files that this host has. Keys of the other generation
 * are translated, with a note; a key that cannot be is an error at its line, never without effect.
 */

import { LxcError } from '../base/error.ts';
import type { Config, NamedEntry } from '../config/index.ts';
import { type FindDevice, isDeviceRule, type ResolvedRule, resolveRule } from './devices.ts';
import { type CgroupLayout, type Hierarchy, hierarchyOf } from './layout.ts';
import { rowsFor, type Setting, type Sibling, translate } from './translate.ts';

type CgroupEntry = NamedEntry<string>;

export interface LimitWrite extends Setting {
  readonly hierarchy: Hierarchy;
  readonly entry: CgroupEntry;
}

export interface DeviceLimit {
  readonly hierarchy: Hierarchy;
  readonly entry: CgroupEntry;
  readonly rule: ResolvedRule;
}

export interface Limits {
  readonly writes: readonly LimitWrite[];
  readonly devices: readonly DeviceLimit[];
  /** Whether devices that no rule names are allowed: v1 begins with all, v2 with none. */
  readonly devicesInitially: boolean;
  readonly notes: readonly { readonly entry: CgroupEntry; readonly message: string }[];
}

interface Files {
  readonly version: 1 | 2;
  readonly entries: readonly CgroupEntry[];
}

export function resolveLimits(config: Config, layout: CgroupLayout, find: FindDevice): Limits {
  const v1: Files = { version: 1, entries: config.family('lxc.cgroup') };
  const v2: Files = { version: 2, entries: config.family('lxc.cgroup2') };
  const all = [...inEffect(v1, v2, layout), ...inEffect(v2, v1, layout)];
  const devices = all.filter(({ entry }) => isDeviceRule(entry.name));
  const values = all.filter(({ entry }) => !isDeviceRule(entry.name));
  const writes = values.flatMap((one) => writesOf(one, one.version === 1 ? v1 : v2));
  return {
    writes: ordered(lastOfEach(writes)),
    devices: devices.map(({ entry, hierarchy }) => ({ entry, hierarchy, rule: resolveRule(entry, find) })),
    devicesInitially: devices.some(({ version }) => version === 1),
    notes: notesOf(all, (file) => v2.entries.findLast(({ name }) => name === file)?.value),
  };
}

interface Effective {
  readonly entry: CgroupEntry;
  readonly version: 1 | 2;
  readonly hierarchy: Hierarchy;
  readonly foreign: boolean;
}

/**
 * Many files carry both spellings so that they serve every host. Then that of the host's own generation counts,
 * and what the other says of the same thing is for other hosts.
 */
function inEffect(files: Files, others: Files, layout: CgroupLayout): readonly Effective[] {
  const said = new Set(others.entries.map(({ name }) => subject(name)));
  return files.entries.flatMap((entry): Effective[] => {
    const controller = controllerOf(entry.name, files.version);
    const hierarchy = hierarchyFor(layout, files.version, controller);
    if (hierarchy === undefined) throw noController(entry, controller, layout);
    const foreign = hierarchy.version !== files.version;
    if (foreign && targets(files.version, entry.name).some((name) => said.has(name))) return [];
    return [{ entry, version: files.version, hierarchy, foreign }];
  });
}

/** Allowing and denying devices is one list. */
function subject(name: string): string {
  return isDeviceRule(name) ? 'devices' : name;
}

/** What a file of generation `version` is called in the other. */
function targets(version: 1 | 2, name: string): readonly string[] {
  if (isDeviceRule(name)) return ['devices'];
  return rowsFor(version, name).map((one) => (version === 1 ? one.v2 : one.v1));
}

/** The controller in the words of v1, so that both generations say the same; `cgroup` for v2's own files. */
export function controllerOf(file: string, version: 1 | 2): string {
  if (version === 2 && file === 'cgroup.freeze') return 'freezer';
  const word = file.split('.')[0] ?? '';
  return version === 2 && word === 'io' ? 'blkio' : word;
}

/** On a hybrid host the files of v2 itself are in its own hierarchy, freezing among them. */
export function hierarchyFor(
  layout: CgroupLayout,
  version: 1 | 2,
  controller: string,
): Hierarchy | undefined {
  const own = version === 2 && (controller === 'freezer' || controller === 'cgroup');
  const unified = layout.hierarchies.find((one) => one.version === 2);
  return own && unified !== undefined ? unified : hierarchyOf(layout, controller);
}

/** What a user does about cgroups that are root's. */
export const delegate =
  'run it under systemd-run --user --scope -p Delegate=yes, or have root make a cgroup that is yours';

function noController(
  { key, origin }: CgroupEntry,
  controller: string,
  { withheld = [] }: CgroupLayout,
): LxcError {
  if (withheld.includes(controller) || withheld.includes('')) {
    return new LxcError(`Failed to apply ${key}: no cgroup of ${controller} is delegated to this user`, {
      origin,
      hint: delegate,
    });
  }
  return new LxcError(`Failed to apply ${key}: this host has no cgroup controller ${controller}`, {
    origin,
    hint: 'see /proc/cgroups and lxc-checkconfig, or remove the line',
  });
}

function writesOf({ entry, hierarchy, foreign }: Effective, files: Files): readonly LimitWrite[] {
  if (!foreign) return [{ file: entry.name, text: entry.value, hierarchy, entry }];
  const sibling = (file: string) => files.entries.findLast(({ name }) => name === file)?.value;
  const settings = blaming(entry, () => translate(files.version, entry.name, entry.value, sibling));
  if (settings.length > 0) return settings.map((one) => ({ ...one, hierarchy, entry }));
  if (standsIn(entry, sibling) !== undefined) return [];
  throw new LxcError(
    `Failed to apply ${entry.key}: cgroup v${hierarchy.version} has nothing that means the same`,
    {
      origin: entry.origin,
      hint: `this host has ${entry.name.split('.')[0] ?? ''} on cgroup v${hierarchy.version}; use its own file, or remove the line`,
    },
  );
}

/**
 * The limit that holds in place of one without an equivalent: where memory is to be short before it is at its end,
 * `memory.high`, it ends there all the same.
 */
function standsIn({ name }: CgroupEntry, sibling: Sibling): string | undefined {
  return name === 'memory.high' && sibling('memory.max') !== undefined ? 'memory.max' : undefined;
}

function blaming<T>({ key, origin }: CgroupEntry, work: () => T): T {
  try {
    return work();
  } catch (error) {
    if (!(error instanceof LxcError)) throw error;
    throw new LxcError(`Cannot translate ${key}: ${error.message}`, { origin, hint: error.hint });
  }
}

/** Two v1 files can become one of v2; the last value says both. */
function lastOfEach(writes: readonly LimitWrite[]): readonly LimitWrite[] {
  return writes.filter(
    (one, index) => one.file !== 'cpu.max' || !writes.slice(index + 1).some(({ file }) => file === one.file),
  );
}

/** Memory and swap together may not be limited below memory, so that limit is set last. */
function ordered(writes: readonly LimitWrite[]): readonly LimitWrite[] {
  const late = (one: LimitWrite): number => (one.file === 'memory.memsw.limit_in_bytes' ? 1 : 0);
  return writes.toSorted((left, right) => late(left) - late(right));
}

function notesOf(all: readonly Effective[], sibling: Sibling): Limits['notes'] {
  const seen = new Set<string>();
  return all.flatMap(({ entry, hierarchy, foreign }) => {
    const name = subject(entry.name);
    if (!foreign || seen.has(name)) return [];
    seen.add(name);
    const instead = standsIn(entry, sibling);
    const message =
      instead === undefined
        ? `translated to ${targetName(entry, hierarchy)}`
        : `cgroup v${hierarchy.version} has nothing like it; ${instead} holds`;
    return [{ entry, message }];
  });
}

function targetName({ name }: CgroupEntry, { version }: Hierarchy): string {
  if (isDeviceRule(name))
    return version === 1 ? 'the devices files of cgroup v1' : 'a device program of cgroup v2';
  const files = new Set(targets(version === 1 ? 2 : 1, name));
  return `${[...files].join(', ')} of cgroup v${version}`;
}
