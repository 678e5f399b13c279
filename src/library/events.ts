/** The states that a container comes to, as they come. */

import { setTimeout as sleep } from 'node:timers/promises';
import { CommandSocket, type ContainerId } from '../run/command-socket.ts';
import { type State, states } from '../run/states.ts';
import { abortError } from './place.ts';

/** A container came to a state. */
export interface StateChange {
  readonly name: string;
  readonly state: State;
  /** When this process heard of it. */
  readonly at: Date;
}

/** How often a container that does not run is looked for. */
const pollMilliseconds = 50;

/** Begins with the state that the container is in. */
export async function* stateChanges(
  id: ContainerId,
  signal: AbortSignal | undefined,
): AsyncGenerator<StateChange, undefined> {
  const socket = new CommandSocket(id);
  let last: State | undefined;
  for (;;) {
    const state = last === undefined ? await socket.state() : await nextState(socket, last, signal);
    if (signal?.aborted === true) throw abortError(signal);
    last = state;
    yield { name: id.name, state, at: new Date() };
  }
}

/** The next other state; what is asked again at once misses none that lasts. */
async function nextState(
  socket: CommandSocket,
  last: State,
  signal: AbortSignal | undefined,
): Promise<State> {
  const others = new Set(states.filter((state) => state !== last));
  for (;;) {
    using watch = await socket.watch(others);
    const state = watch.listens || last !== 'STOPPED' ? await watch.reached(signal) : undefined;
    if (state !== undefined && state !== last) return state;
    if (signal?.aborted === true) return last;
    await sleep(pollMilliseconds, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
  }
}
