/** The id maps of a process's user namespace, as /proc tells them to a reader in the one above. */

import { readFileSync } from 'node:fs';
import type { IdFacts, IdMapping } from '../plan/idmap.ts';

export interface ProcessIds {
  readonly users: readonly IdMapping[];
  readonly groups: readonly IdMapping[];
  /** Denied where a user without privileges wrote the map of his own group. */
  readonly setgroups: boolean;
}

export function idsOf(pid: number | 'self'): ProcessIds {
  return {
    users: mappings(read(pid, 'uid_map')),
    groups: mappings(read(pid, 'gid_map')),
    setgroups: read(pid, 'setgroups').trim() !== 'deny',
  };
}

/** What can be mapped in a namespace below ours: a daemon has the user namespace of its callers. */
export function ownIds(): IdFacts {
  const { users, groups } = idsOf('self');
  const range = ({ inside, range }: IdMapping) => ({ first: inside, count: range });
  return { users: users.map(range), groups: groups.map(range) };
}

export function mappings(text: string): readonly IdMapping[] {
  return text.split('\n').flatMap((line) => {
    const [inside, outside, range] = line.trim().split(/ +/).map(Number);
    if (inside === undefined || outside === undefined || range === undefined) return [];
    return [{ inside, outside, range }];
  });
}

function read(pid: number | 'self', file: string): string {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return '';
  }
}
