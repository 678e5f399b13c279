/**
 * LXC's lock of a container. Its tools hold it while they write or remove a container, and for as long as they read a
 * configuration; ours hold it as well, and do not begin while somebody else does.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { explain } from '../plan/index.ts';
import type { ContainerId } from './command-socket.ts';
import { hostProgram } from './container.ts';
import { lockedOf } from './file-lock.ts';
import { runtimeDir } from './places.ts';
import type { Session } from './session.ts';

/** The caller's process holds the lock; nobody else reads or writes while `edit` is at work. */
export async function locked(
  session: Session,
  { lxcpath, name }: ContainerId,
  edit: () => void,
): Promise<void> {
  // Nobody is left to hold it, and half of a change would be worse than one at the wrong moment.
  if (session.signal.aborted) return edit();
  const program = hostProgram('lock', [
    {
      op: { op: 'holdLock', args: { path: lockFile(session, { lxcpath, name }) } },
      act: `lock ${lxcpath}/${name}`,
    },
    { op: { op: 'call', args: { what: 'locked' } }, act: `change what depends on ${name}` },
  ]);
  let refused: unknown;
  const result = await session.run(program, () => {
    try {
      edit();
      return Promise.resolve();
    } catch (error) {
      refused = error;
      return Promise.reject(error);
    }
  });
  if (result.kind === 'failed') throw refused ?? explain(program, result);
}

/** The same for what takes long, and has programs run. One container at a time. */
export async function whileLocked(
  session: Session,
  id: ContainerId,
  act: () => Promise<void>,
): Promise<void> {
  await keep(session, id, lockFile(session, id));
  try {
    await act();
  } finally {
    // With the caller its lock has gone.
    if (!session.signal.aborted) await keep(session, id, '');
  }
}

async function keep(session: Session, { lxcpath, name }: ContainerId, path: string): Promise<void> {
  const act = `${path === '' ? 'unlock' : 'lock'} ${lxcpath}/${name}`;
  const program = hostProgram('lock', [{ op: { op: 'keepLock', args: { path } }, act }]);
  const result = await session.run(program);
  if (result.kind === 'failed') throw explain(program, result);
}

const turnMilliseconds = 5;

/**
 * Waits until each of them was seen with nobody writing or removing it. Most have never been locked: then there is no
 * file.
 */
export async function unlocked(session: Session, ids: readonly ContainerId[]): Promise<void> {
  let paths: readonly string[] = ids.map((id) => lockFile(session, id));
  for (const path of paths) session.grounds.add({ kind: 'unlocked', path });
  while (!session.signal.aborted) {
    paths = await lockedOf(session, paths);
    if (paths.length === 0) return;
    await sleep(turnMilliseconds);
  }
}

function lockFile(session: Session, { lxcpath, name }: ContainerId): string {
  return `${runtimeDir(session)}/lxc/lock/${lxcpath}/.${name}`;
}
