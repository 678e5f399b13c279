/** Where the cgroups of a container and of its monitor are in each hierarchy. */

import { LxcError } from '../base/error.ts';
import type { Config } from '../config/index.ts';
import { type CgroupFacts, type CgroupLayout, directoryIn, type Hierarchy } from './layout.ts';

export interface PlacementRequest {
  readonly config: Config;
  readonly name: string;
  /** `lxc.cgroup.pattern` of the system, '' where there is none. */
  readonly pattern: string;
  /** The runner leaves the caller: then its monitor has cgroups of its own. */
  readonly detached: boolean;
}

export interface Place {
  readonly hierarchy: Hierarchy;
  /** The directory that everything is made in; it exists. */
  readonly base: string;
  /** Directories between base and the container's, outermost first. */
  readonly parents: readonly string[];
  /** The directory that limits are written to, and its cgroup as clients are told. */
  readonly limit: string;
  readonly limitPath: string;
  /** The directory that init lives in: `limit`, or the inner one. */
  readonly payload: string;
  readonly payloadPath: string;
  readonly monitor: string | undefined;
  readonly monitorParents: readonly string[];
  /** Where a monitor goes before its own directory is removed; `undefined`: to `base`. */
  readonly pivot: string | undefined;
}

interface Names {
  readonly payload: readonly string[];
  readonly monitor: readonly string[];
}

function namesOf({ config, name, pattern }: PlacementRequest): Names {
  const dir = config.one('lxc.cgroup.dir');
  const container = config.one('lxc.cgroup.dir.container');
  const monitor = config.one('lxc.cgroup.dir.monitor');
  const alone = container ?? monitor;
  if (alone !== undefined && (container === undefined || monitor === undefined)) {
    const missing = container === undefined ? 'lxc.cgroup.dir.container' : 'lxc.cgroup.dir.monitor';
    throw new LxcError(`Failed to place the cgroups: ${alone.key} stands without ${missing}`, {
      origin: alone.origin,
      hint: 'set both or neither',
    });
  }
  if (container !== undefined && dir !== undefined) {
    throw new LxcError(
      'Failed to place the cgroups: lxc.cgroup.dir and lxc.cgroup.dir.container exclude each other',
      {
        origin: container.origin,
        hint: `the other one is ${dir.origin.file}:${dir.origin.line}`,
      },
    );
  }
  if (container !== undefined && monitor !== undefined) {
    return { payload: parts(container.value), monitor: parts(monitor.value) };
  }
  const above = parts(dir?.value ?? pattern.replaceAll('%n', name));
  return { payload: [...above, `lxc.payload.${name}`], monitor: [...above, `lxc.monitor.${name}`] };
}

function parts(path: string): readonly string[] {
  return path.split('/').filter((part) => part !== '' && part !== '.');
}

const mostSuffixes = 999;

/** `''`, `-1`, ... `-999`: appended where a name is taken. */
export function suffix(number: number): string {
  return number === 0 ? '' : `-${number}`;
}

/** The directories that a start with this suffix would make, for the host to see which are taken. */
export function candidates(request: PlacementRequest, layout: CgroupLayout, number: number) {
  const names = namesOf(request);
  return layout.hierarchies.map((hierarchy) => {
    const base = baseOf(request, hierarchy);
    return {
      base,
      payload: `${[base, ...names.payload].join('/')}${suffix(number)}`,
      monitor: `${[base, ...names.monitor].join('/')}${suffix(number)}`,
      parents: [...chain(base, names.payload), ...chain(base, names.monitor)],
    };
  });
}

function baseOf({ config }: PlacementRequest, hierarchy: Hierarchy): string {
  return directoryIn(hierarchy, config.value('lxc.cgroup.relative') ? hierarchy.own : hierarchy.base);
}

/** All directories above the last name. */
function chain(base: string, names: readonly string[]): readonly string[] {
  return names.slice(0, -1).map((_, index) => [base, ...names.slice(0, index + 1)].join('/'));
}

export function placeCgroups(request: PlacementRequest, facts: CgroupFacts): readonly Place[] {
  const names = namesOf(request);
  const { config } = request;
  const payload = `${names.payload.join('/')}${freeSuffix(request, facts, 'payload')}`;
  const monitor = `${names.monitor.join('/')}${freeSuffix(request, facts, 'monitor')}`;
  const inner = config.value('lxc.cgroup.dir.container.inner');
  return facts.hierarchies.map((hierarchy) => {
    const base = baseOf(request, hierarchy);
    const limit = `${base}/${payload}`;
    const own = inner === undefined ? limit : `${limit}/${inner}`;
    const watched = hasMonitor(request, hierarchy);
    return {
      hierarchy,
      base,
      parents: chain(base, names.payload),
      limit,
      limitPath: limit.slice(hierarchy.mount.length),
      payload: own,
      payloadPath: own.slice(hierarchy.mount.length),
      monitor: watched ? `${base}/${monitor}` : undefined,
      monitorParents: watched ? chain(base, names.monitor) : [],
      pivot: pivotOf(config, hierarchy, base),
    };
  });
}

/**
 * A detached monitor leaves the cgroup of its caller where that would do harm: a session that ends takes its cgroup
 * along, and its limits are not meant for the monitor. At the base there is no session; but below the root v2 has
 * no place for a process beside cgroups that have controllers.
 */
function hasMonitor({ config, detached }: PlacementRequest, hierarchy: Hierarchy): boolean {
  if (!detached) return false;
  const { own, base, version } = hierarchy;
  const isCramped = version === 2 && base !== '/' && base !== '';
  return own !== base || isCramped || config.one('lxc.cgroup.dir.monitor') !== undefined;
}

/** v2 allows processes only in the root and in leaves, so below the root a leaf is made. */
function pivotOf(config: Config, { version, mount }: Hierarchy, base: string): string | undefined {
  const asked = config.one('lxc.cgroup.dir.monitor.pivot')?.value;
  const leaf = version === 2 && base !== mount ? 'lxc.pivot' : undefined;
  const name = asked ?? leaf;
  return name === undefined ? undefined : `${base}/${name}`;
}

function freeSuffix(request: PlacementRequest, facts: CgroupFacts, which: 'payload' | 'monitor'): string {
  for (let number = 0; number <= mostSuffixes; number++) {
    const taken = candidates(request, facts, number).some((one) => facts.taken.has(one[which]));
    if (!taken) return suffix(number);
  }
  throw new LxcError(
    `Failed to name the cgroup of ${request.name}: lxc.${which}.${request.name} up to -999 exist`,
    {
      hint: 'remove those that no container uses',
    },
  );
}
