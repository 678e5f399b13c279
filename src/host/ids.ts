/** Which ids there are: the maps of a process as /proc tells them, and what a user was given in /etc. */

import { LxcError } from '../base/error.ts';
import { textIfReadable } from '../base/text-file.ts';
import type { IdFacts, IdMapping, IdRange } from '../plan/idmap.ts';

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

/** By the file of a user namespace, which leads to a process that is in it. */
export function sharedIds(path: string | undefined): ProcessIds | undefined {
  if (path === undefined) return undefined;
  const pid = /^\/proc\/([0-9]+)\/ns\/user$/.exec(path)?.[1];
  if (pid !== undefined) return idsOf(Number(pid));
  throw new LxcError(`Failed to share the user namespace ${path}: its ids cannot be told`, {
    hint: 'name a container or a pid, or /proc/PID/ns/user',
  });
}

export interface GivenRanges {
  readonly users: readonly IdRange[];
  readonly groups: readonly IdRange[];
  readonly name: string;
}

/** A daemon has the user namespace of its callers, and their user. */
export function idFacts({ uid, gid }: { readonly uid: number; readonly gid: number }): IdFacts {
  if (uid !== 0) return userFacts(uid, gid);
  own ??= ownIds();
  return own;
}

let own: IdFacts | undefined;

function ownIds(): IdFacts {
  const { users, groups } = idsOf('self');
  const range = ({ inside, range }: IdMapping): IdRange => ({ first: inside, count: range });
  return { users: users.map(range), groups: groups.map(range) };
}

function userFacts(uid: number, gid: number): IdFacts {
  const { users, groups, name } = givenRanges({ uid });
  return { users, groups, user: { name, uid, gid } };
}

/** What /etc/subuid and subgid give to a user, which may be root. */
export function givenRanges({ uid }: { readonly uid: number }): GivenRanges {
  const name = userName(uid);
  const ranges = (file: string): readonly IdRange[] => subordinate(readText(file), [name, String(uid)]);
  return { users: ranges('/etc/subuid'), groups: ranges('/etc/subgid'), name };
}

/** Lines `NAME:FIRST:COUNT` of subuid(5), where a number may stand for the name. */
export function subordinate(text: string, names: readonly string[]): readonly IdRange[] {
  return text.split('\n').flatMap((line): IdRange[] => {
    const [owner = '', first = '', count = ''] = line.trim().split(':');
    if (!names.includes(owner) || !/^[0-9]+$/.test(first) || !/^[1-9][0-9]*$/.test(count)) return [];
    return [{ first: Number(first), count: Number(count) }];
  });
}

function userName(uid: number): string {
  return passwdLines().find(([, , id]) => id === String(uid))?.[0] ?? String(uid);
}

/** The id of the user of that name. */
export function userId(name: string): number | undefined {
  const id = passwdLines().find(([known]) => known === name)?.[2];
  return id === undefined || !/^[0-9]+$/.test(id) ? undefined : Number(id);
}

function passwdLines(): readonly (readonly string[])[] {
  return readText('/etc/passwd')
    .split('\n')
    .map((line) => line.split(':'));
}

export function mappings(text: string): readonly IdMapping[] {
  return text.split('\n').flatMap((line) => {
    const [inside, outside, range] = line.trim().split(/ +/).map(Number);
    if (inside === undefined || outside === undefined || range === undefined) return [];
    return [{ inside, outside, range }];
  });
}

function read(pid: number | 'self', file: string): string {
  return readText(`/proc/${pid}/${file}`);
}

function readText(path: string): string {
  return textIfReadable(path) ?? '';
}
