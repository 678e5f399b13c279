/**
 * The file `partial` in a container's directory: locked while lxc-create fills it, left behind unlocked when that
 * was killed. LXC's tools and ours read it alike.
 */

import { LxcError } from '../base/error.ts';
import type { ContainerId } from './command-socket.ts';
import { lockedOf } from './file-lock.ts';
import { leaveParents } from './relatives.ts';
import { removeTree } from './remove.ts';
import type { Session } from './session.ts';

/**
 * Throws where the container is not whole; one whose creation died is removed, as LXC does.
 * @throws LxcError that says which of the two it is
 */
export async function mustBeWhole(session: Session, id: ContainerId, act = 'start'): Promise<void> {
  const { lxcpath, name } = id;
  const path = `${lxcpath}/${name}`;
  const file = `${path}/partial`;
  if (!session.grounds.exists(file)) return;
  if ((await lockedOf(session, [file])).length > 0)
    throw new LxcError(`Failed to ${act} ${name}: it is being created`, {
      hint: 'try again when that has ended',
    });
  await leaveParents(session, id);
  await removeTree(session, path);
  throw new LxcError(`Failed to ${act} ${name}: its creation was never finished, so it was removed`, {
    hint: 'create it again with lxc-create',
  });
}
