/** Ending a container: halt, reboot or kill, with as much patience as the caller has. */

import { LxcError } from '../base/error.ts';
import type { ContainerId } from './command-socket.ts';
import { Container } from './container.ts';
import type { Session } from './session.ts';

export interface StopWish {
  readonly act: 'halt' | 'reboot' | 'kill';
  /** How long init has; Infinity waits for ever, 0 does not wait. */
  readonly seconds: number;
  /** Kill when the time is over. */
  readonly insist: boolean;
}

/**
 * False where it does not run.
 * @throws LxcError `TIMED_OUT` where it did not do it in time and nobody insists
 */
export async function stopContainer(session: Session, id: ContainerId, wish: StopWish): Promise<boolean> {
  const container = new Container(session, id);
  return (await stopWatched(container, wish)) || (await stopUnwatched(session, container, wish));
}

/** The monitor may have been killed: what it left is cleaned, or taken over and then stopped. */
async function stopUnwatched(session: Session, container: Container, wish: StopWish): Promise<boolean> {
  const { tend } = await import('./tend.ts');
  return (await tend(session, container.id)) === 'running' && (await stopWatched(container, wish));
}

/** False: nobody answers. */
async function stopWatched(container: Container, { act, seconds, insist }: StopWish): Promise<boolean> {
  if (act === 'kill') return container.stop({ last: true });
  if ((await container.socket.state()) === 'STOPPED') return false;
  if (act === 'reboot') return (await container.reboot({ seconds })) || tooLate(container, seconds);
  if (await container.shutdown({ seconds })) return true;
  if (!insist) return tooLate(container, seconds);
  await container.stop();
  return true;
}

function tooLate({ id }: Container, seconds: number): never {
  throw new LxcError(`${id.name} did not do it within ${seconds} seconds`, {
    code: 'TIMED_OUT',
    hint: 'try -k, or a longer -t',
  });
}
