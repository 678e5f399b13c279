/** LXC's lock of a container, which its tools and ours hold while they change the files that several containers share. */

import { explain } from '../plan/index.ts';
import type { ContainerId } from './command-socket.ts';
import { hostProgram } from './container.ts';
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
  const path = `${runtimeDir(session)}/lxc/lock/${lxcpath}/.${name}`;
  const program = hostProgram('lock', [
    { op: { op: 'holdLock', args: { path } }, act: `lock ${lxcpath}/${name}` },
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
