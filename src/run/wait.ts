/** Waiting for a container to come to a state; it need not have been started yet. */

import { CommandSocket, type ContainerId } from './command-socket.ts';
import { monitorOf } from './monitor.ts';
import type { Session } from './session.ts';
import type { State } from './states.ts';
import { tendedState } from './tend.ts';

/** `undefined`: it stopped without coming to one of them, or `limit` was aborted. */
export async function waitForState(
  session: Session,
  id: ContainerId,
  wanted: ReadonlySet<State>,
  limit: AbortSignal | undefined,
): Promise<State | undefined> {
  const now = await tendedState(session, id, monitorOf(session, id, session.grounds));
  if (wanted.has(now)) return now;
  session.grounds.spoil();
  if (limit?.aborted === true) return undefined;
  const reached = await new CommandSocket(id).waitFor(wanted, limit);
  return reached !== undefined && wanted.has(reached) ? reached : undefined;
}
