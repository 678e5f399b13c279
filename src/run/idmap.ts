/** The id maps of a user's container: written by newuidmap and newgidmap, which check /etc/subuid and /etc/subgid. */

import { LxcError } from '../base/error.ts';
import type { IdMap } from '../config/index.ts';
import type { Head } from './head.ts';
import type { Call, Session } from './session.ts';

const programs = { u: 'newuidmap', g: 'newgidmap' } as const;

export async function mapIds(session: Session, { config }: Pick<Head, 'config'>, call: Call): Promise<void> {
  const maps = config.many('lxc.idmap').map(({ value }) => value);
  for (const type of ['u', 'g'] as const)
    await writeMap(
      session,
      type,
      call.initPid,
      maps.filter((map) => map.type === type),
    );
}

async function writeMap(
  session: Session,
  type: IdMap['type'],
  pid: number,
  maps: readonly IdMap[],
): Promise<void> {
  const program = programs[type];
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
    hint: `see /etc/sub${type}id, and whether ${program} is setuid or has its capability`,
  });
}
