/** A command in a user namespace of its own, as lxc-usernsexec has it: with ids that are named, or all that were given. */

import { LxcError } from '../base/error.ts';
import { givenRanges } from '../host/ids.ts';
import { type IdMapping, type IdRange, toHost } from '../plan/idmap.ts';
import { type Maps, runMappedCommand } from './mapped-command.ts';
import type { Session } from './session.ts';

export interface UserNamespaceCommand {
  /** `u:INSIDE:OUTSIDE:COUNT`, g for groups, b for both; without any, all that /etc/subuid and subgid give. */
  readonly maps: readonly string[];
  /** Also the caller's own ids, as the first ones that are free. */
  readonly self: boolean;
  readonly uid: number;
  readonly gid: number;
  readonly argv: readonly string[];
}

/** The status of the command. */
export async function runInUserNamespace(session: Session, command: UserNamespaceCommand): Promise<number> {
  const { uid, gid, argv } = command;
  const maps = mapsOf(session, command);
  mustBeMapped(maps.users, uid, 'u');
  mustBeMapped(maps.groups, gid, 'g');
  const keepsGroups = session.uid !== 0 && maps.groups.every((map) => isOwn(map, session.gid));
  return await runMappedCommand(session, { ...maps, argv, quiet: false, as: { uid, gid }, keepsGroups });
}

function isOwn({ outside, range }: IdMapping, id: number): boolean {
  return outside === id && range === 1;
}

function mapsOf(session: Session, { maps, self }: UserNamespaceCommand): Maps {
  const said = maps.length === 0 ? allGiven(session) : readMaps(maps);
  if (!self) return said;
  return { users: withSelf(said.users, session.uid), groups: withSelf(said.groups, session.gid) };
}

function allGiven(session: Session): Maps {
  const { users, groups, name } = givenRanges(session);
  if (users.length === 0 || groups.length === 0)
    throw new LxcError('Failed to find subuid or subgid allocation', {
      hint: `have root run usermod --add-subuids 100000-165535 --add-subgids 100000-165535 ${name}, or name the ids with -m`,
    });
  return { users: inARow(users), groups: inARow(groups) };
}

function inARow(ranges: readonly IdRange[]): readonly IdMapping[] {
  let inside = 0;
  return ranges.map(({ first, count }) => {
    const map = { inside, outside: first, range: count };
    inside += count;
    return map;
  });
}

export function readMaps(texts: readonly string[]): Maps {
  const all = texts.map(readMap);
  const of = (type: string) =>
    all.filter((one) => one.type === type || one.type === 'b').map(({ map }) => map);
  return { users: of('u'), groups: of('g') };
}

function readMap(text: string): { readonly type: string; readonly map: IdMapping } {
  const parts = /^([ugb]):([0-9]+):([0-9]+):([0-9]+)$/.exec(text);
  const [, type = '', ...numbers] = parts ?? [];
  const [inside = 0, outside = 0, range = 0] = numbers.map(Number);
  if (parts === null || range === 0)
    throw new LxcError(`Failed to read '${text}' as a map of ids`, {
      hint: 'write u, g or b (both), the first id inside, the first one outside and their number: b:0:100000:65536',
    });
  return { type, map: { inside, outside, range } };
}

/** At the first id that no other map has taken. */
function withSelf(maps: readonly IdMapping[], outside: number): readonly IdMapping[] {
  let inside = 0;
  for (const map of maps.toSorted((left, right) => left.inside - right.inside))
    if (inside >= map.inside) inside = Math.max(inside, map.inside + map.range);
  return [...maps, { inside, outside, range: 1 }];
}

function mustBeMapped(maps: readonly IdMapping[], id: number, type: 'u' | 'g'): void {
  if (toHost(maps, id) !== undefined) return;
  const word = type === 'u' ? 'user' : 'group';
  throw new LxcError(`Failed to become ${word} ${id}: that id is not mapped`, {
    hint: `add -m ${type}:${id}:HOST_ID:1`,
  });
}
