/** Running a command of the host with the ids of a container, or with all that a user was given. */

import { chmodSync, chownSync, statSync } from 'node:fs';
import { LxcError } from '../base/error.ts';
import type { Config } from '../config/index.ts';
import { idFacts } from '../host/ids.ts';
import type { IdMapping, IdRange } from '../plan/idmap.ts';
import { explain } from '../plan/index.ts';
import { freeId, type MappedCommand, planMappedCommand } from '../plan/mapped-command.ts';
import { shellStatus } from './connection.ts';
import { writeMaps } from './idmap.ts';
import type { Session } from './session.ts';

export interface Maps {
  readonly users: readonly IdMapping[];
  readonly groups: readonly IdMapping[];
}

/** The ids of a container, and behind them the caller's own, whose files a template adds to. */
export interface ContainerIds extends Maps {
  /** What the caller is called inside. */
  readonly caller: { readonly uid: number; readonly gid: number };
}

/** `undefined` where the container has the ids of the host. */
export function containerIds({ uid, gid }: Session, config: Config): ContainerIds | undefined {
  const lines = config.many('lxc.idmap').map(({ value }) => value);
  if (lines.length === 0) return undefined;
  const users = lines.filter(({ type }) => type === 'u');
  const groups = lines.filter(({ type }) => type === 'g');
  const caller = { uid: insideOf(users, uid), gid: insideOf(groups, gid) };
  return { users: withOwn(users, caller.uid, uid), groups: withOwn(groups, caller.gid, gid), caller };
}

function insideOf(maps: readonly IdMapping[], outside: number): number {
  const own = maps.find((map) => outside >= map.outside && outside < map.outside + map.range);
  return own === undefined ? freeId(maps) : outside - own.outside + own.inside;
}

function withOwn(maps: readonly IdMapping[], inside: number, outside: number): readonly IdMapping[] {
  const known = maps.some((map) => inside >= map.inside && inside < map.inside + map.range);
  return known ? maps : [...maps, { inside, outside, range: 1 }];
}

/** A user as root, and all ids that he was given. */
export function givenIds({ uid, gid }: Session): Maps {
  const { users, groups } = idFacts({ uid, gid });
  return { users: behind(uid, users), groups: behind(gid, groups) };
}

function behind(own: number, ranges: readonly IdRange[]): readonly IdMapping[] {
  const maps: IdMapping[] = [{ inside: 0, outside: own, range: 1 }];
  for (const { first, count } of ranges) maps.push({ inside: freeId(maps), outside: first, range: count });
  return maps;
}

/** The status of the command. */
export function runMapped(
  session: Session,
  { users, groups }: Maps,
  argv: readonly string[],
  quiet = false,
): Promise<number> {
  return runMappedCommand(session, { users, groups, argv, quiet });
}

/** Lets the root of a container pass a directory of root's, whose ids he has not: by its group, without writing. */
export function letMappedPass(session: Session, config: Config, path: string): void {
  const groups = config.many('lxc.idmap').flatMap(({ value }) => (value.type === 'g' ? [value] : []));
  const root = session.uid === 0 ? groups.find(({ inside }) => inside === 0) : undefined;
  if (root === undefined || root.outside === 0 || (statSync(path).mode & 0o1) === 1) return;
  chownSync(path, 0, root.outside);
  chmodSync(path, 0o750);
}

/** Hands what an ordinary user made to the root of his container; with `own` the group stays his, so that he gets at it. */
export async function giveToMapped(
  session: Session,
  config: Config,
  paths: readonly string[],
  group: 'own' | 'root',
): Promise<void> {
  const ids = session.uid === 0 ? undefined : containerIds(session, config);
  if (ids === undefined) return;
  const gid = group === 'own' ? ids.caller.gid : 0;
  const status = await runMapped(session, ids, ['chown', `0:${gid}`, '--', ...paths]);
  if (status !== 0)
    throw new LxcError(`Failed to give ${paths[0]} to the root of the container: chown ended with ${status}`);
}

export async function runMappedCommand(
  session: Session,
  command: Omit<MappedCommand, 'env' | 'isUser'>,
): Promise<number> {
  const { users, groups } = command;
  const env = environmentOf(session);
  const program = planMappedCommand({ ...command, env, isUser: session.uid !== 0 });
  let refused: unknown;
  const result = await session.run(program, async ({ initPid }) => {
    try {
      await writeMaps(session, initPid, users, groups);
    } catch (error) {
      refused = error;
      throw error;
    }
  });
  if (result.kind === 'exited') return shellStatus(result.value);
  throw refused ?? (result.kind === 'failed' ? explain(program, result) : new LxcError('Failed to wait'));
}

/** As the kernel takes it: `NAME=VALUE`. */
export function environmentOf({ env }: Session): readonly string[] {
  return Object.entries(env).map(([name, value]) => `${name}=${value}`);
}
