/** One signal to the init of a container, which may have lost its monitor. */

import type { ContainerId } from './command-socket.ts';
import { Container } from './container.ts';
import type { Session } from './session.ts';
import { tend } from './tend.ts';

/** False where it does not run. */
export async function signalContainer(session: Session, id: ContainerId, signal: number): Promise<boolean> {
  const container = new Container(session, id);
  if (await container.kill(signal)) return true;
  return (await tend(session, id)) === 'running' && container.kill(signal);
}
