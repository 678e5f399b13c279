/**
 * The file behind a name that a user gives to lxc-cgroup, which may be that of the other generation: then its
 * text is translated on the way in and out.
 */

import { LxcError } from '../base/error.ts';
import { type CgroupLayout, type Hierarchy, hierarchyOf } from './layout.ts';
import { controllerOf, hierarchyFor } from './limits.ts';
import { rowsFor, type Setting, type Sibling, translate } from './translate.ts';

export interface KeyTarget {
  readonly hierarchy: Hierarchy;
  /** The host's file to read. */
  readonly file: string;
  /** The host file's text in the terms of the name asked for; `other` reads further host files. */
  show(text: string, other: Sibling): string;
  /** What to write for a value in those terms. */
  settings(text: string, other: Sibling): readonly Setting[];
}

export function resolveKey(name: string, layout: CgroupLayout): KeyTarget {
  const version = versionOf(name, layout);
  const controller = controllerOf(name, version);
  const hierarchy = hierarchyFor(layout, version, controller);
  if (hierarchy === undefined) {
    throw new LxcError(`Failed to find ${name}: this host has no cgroup controller ${controller}`, {
      hint: 'a name is CONTROLLER.FILE, such as memory.limit_in_bytes or memory.max',
    });
  }
  return hierarchy.version === version ? native(name, hierarchy) : foreign(name, version, hierarchy);
}

/** A name that stands in both columns, or in none, belongs to the generation of its controller here. */
function versionOf(name: string, layout: CgroupLayout): 1 | 2 {
  const [first, second] = [rowsFor(1, name).length > 0, rowsFor(2, name).length > 0];
  if (first !== second) return first ? 1 : 2;
  const word = name.split('.')[0] ?? '';
  if (word === 'cgroup' || word === 'io') return 2;
  return hierarchyOf(layout, word)?.version ?? 1;
}

function native(file: string, hierarchy: Hierarchy): KeyTarget {
  return { hierarchy, file, show: (text) => text, settings: (text) => [{ file, text }] };
}

function foreign(name: string, version: 1 | 2, hierarchy: Hierarchy): KeyTarget {
  const host = version === 1 ? 2 : 1;
  const fileOf = (asked: string): string | undefined => {
    const last = rowsFor(version, asked).at(-1);
    return version === 1 ? last?.v2 : last?.v1;
  };
  const file = fileOf(name);
  if (file === undefined) {
    throw new LxcError(`Failed to find ${name}: cgroup v${host} has nothing that means the same`);
  }
  const show = (asked: string, text: string, other: Sibling): string =>
    translate(host, fileOf(asked) ?? '', text, other).find((one) => one.file === asked)?.text ?? '';
  const sibling =
    (other: Sibling): Sibling =>
    (asked) => {
      const text = other(fileOf(asked) ?? '');
      return text === undefined ? undefined : show(asked, text, other);
    };
  return {
    hierarchy,
    file,
    show: (text, other) => show(name, text.trim(), other),
    settings: (text, other) => translate(version, name, text, sibling(other)),
  };
}
