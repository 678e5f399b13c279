/** The id maps of a user's container: written by newuidmap and newgidmap, which check /etc/subuid and /etc/subgid. */

import { LxcError } from '../base/error.ts';
import type { IdMapping } from '../plan/idmap.ts';
import type { Head } from './head.ts';
import type { Call, Session } from './session.ts';

export async function mapIds(session: Session, { config }: Pick<Head, 'config'>, call: Call): Promise<void> {
  const maps = config.many('lxc.idmap').map(({ value }) => value);
  const [users, groups] = (['u', 'g'] as const).map((type) => maps.filter((map) => map.type === type));
  await writeMaps(session, call.initPid, users ?? [], groups ?? []);
}

export async function writeMaps(
  session: Session,
  pid: number,
  users: readonly IdMapping[],
  groups: readonly IdMapping[],
): Promise<void> {
  await writeMap(session, 'uid', pid, users);
  await writeMap(session, 'gid', pid, groups);
}

async function writeMap(
  session: Session,
  type: 'uid' | 'gid',
  pid: number,
  maps: readonly IdMapping[],
): Promise<void> {
  const program = `new${type}map`;
  const numbers = maps.flatMap(({ inside, outside, range }) => [inside, outside, range]);
  const { status, output } = await session.spawn({
    argv: [program, ...[pid, ...numbers].map(String)],
    stdio: 'capture',
  });
  if (status === 0) return;
  if (status === 127)
    throw new LxcError(`Failed to run ${program}: there is none in the PATH`, {
      hint: 'install it (package uidmap, or shadow-utils)',
    });
  throw new LxcError(`Failed to map the ids: ${output.trim().split('\n').at(-1) ?? program}`, {
    hint: `see /etc/sub${type}, and whether ${program} is setuid or has its capability`,
  });
}
