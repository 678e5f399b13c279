/** One question of a reader: about whom, by whose rules, and where the answers are read. */

import type { Profile } from './contract.ts';

/** Files as texts. In the daemon the kernel's, through descriptors that stay open; in tests recorded ones. */
export interface Source {
  /** `undefined` when there is no such file, or none any more. */
  text(path: string): string | undefined;
}

/** The place of a subject in one hierarchy. */
export interface Group {
  readonly version: 1 | 2;
  /** Where the hierarchy is mounted. */
  readonly mount: string;
  /** The cgroup, from the root of the hierarchy: `/lxc.payload.web`. */
  readonly path: string;
  /** Directories from the cgroup's own up to the root of the hierarchy. */
  readonly levels: readonly string[];
}

export interface Inquiry {
  readonly source: Source;
  readonly profile: Profile;
  readonly init: number;
  /** Clock ticks between boot and the start of init. */
  readonly started: number;
  readonly host: boolean;
  /** By controller; '' is the unified hierarchy itself. `undefined` where the host has no such controller. */
  group(controller: string): Group | undefined;
}

/** A file of the cgroup itself. */
export function own(inquiry: Inquiry, group: Group | undefined, file: string): string | undefined {
  const path = group === undefined ? undefined : pathsOf(group, file)[0];
  return path === undefined ? undefined : inquiry.source.text(path);
}

/** The file of the nearest level that has it. */
export function nearest(inquiry: Inquiry, group: Group | undefined, file: string): string | undefined {
  for (const path of group === undefined ? [] : pathsOf(group, file)) {
    const text = inquiry.source.text(path);
    if (text !== undefined) return text;
  }
  return undefined;
}

/** Paths are put together once: a string that was just made must be hashed before a map can find it. */
const paths = new WeakMap<Group, Map<string, readonly string[]>>();

/** The file at each level, the cgroup's own first. */
export function pathsOf(group: Group, file: string): readonly string[] {
  const known = paths.get(group) ?? new Map<string, readonly string[]>();
  paths.set(group, known);
  const found = known.get(file) ?? group.levels.map((directory) => `${directory}/${file}`);
  known.set(file, found);
  return found;
}

/** All directories from a cgroup up to the root of its hierarchy. */
export function levelsOf(mount: string, path: string): readonly string[] {
  const names = path.split('/').filter((name) => name !== '');
  return names.map((_, index) => `${mount}/${names.slice(0, names.length - index).join('/')}`).concat(mount);
}
