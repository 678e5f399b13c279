/** Freezing and thawing a container: its cgroup does it, its monitor tells everybody who waits. */

import { errnoCode, reason } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import { type FreezePatience, type Freezer, freezeRequest, setFrozen } from '../cgroup/freeze.ts';
import { delegate } from '../cgroup/limits.ts';
import type { Program } from '../wire/program.ts';
import { CommandSocket, type ContainerId, socketName } from './command-socket.ts';
import { type HostAct, hostProgram } from './container.ts';
import { limitDir } from './container-cgroup.ts';
import { isDefined } from './directory.ts';
import { monitorOf } from './monitor.ts';
import type { Session } from './session.ts';
import { type State, stateNumber, states } from './states.ts';
import { tendedState } from './tend.ts';

/** Longer than anything but a broken device or network file system takes. */
const usualSeconds = 10;

/** How long the caller's process waits by itself, before it asks who can say what does not stop. */
const promptMilliseconds = 1000;

export interface FreezeOptions {
  /** Nothing else is done for this caller, so his process may do it, and do it again by itself. */
  readonly last?: boolean;
}

/** Nothing is done where it is frozen already. */
export async function freezeContainer(
  session: Session,
  id: ContainerId,
  { last = false }: FreezeOptions = {},
): Promise<void> {
  const state = await tendedState(session, id);
  if (state === 'STOPPED') throw notRunning('freeze', id);
  if (state === 'FROZEN' || (last && (await isDoneByCaller(session, id, 'freeze')))) return;
  await blaming('freeze', id, () => freeze(new CommandSocket(id), patience(session)));
}

/** A container that is stopped is not frozen either, and LXC calls that a success. */
export async function unfreezeContainer(
  session: Session,
  id: ContainerId,
  { last = false }: FreezeOptions = {},
): Promise<void> {
  const state = await tendedState(session, id);
  if (state === 'STOPPED' && !isDefined(id)) throw notRunning('unfreeze', id);
  if (state === 'STOPPED' || (last && (await isDoneByCaller(session, id, 'unfreeze')))) return;
  await blaming('unfreeze', id, () => unfreeze(new CommandSocket(id), patience(session)));
}

/** False where it could not, which says nothing yet: whoever does it again finds out why. */
async function isDoneByCaller(session: Session, id: ContainerId, act: Act): Promise<boolean> {
  const freezer = await freezerOf(monitorOf(session, id, session.grounds));
  if (freezer === undefined) return false;
  const result = await session.runLast(program(id, freezer, act), { isGrounded: true });
  return result.kind !== 'failed';
}

/** Not frozen, as whoever asked the monitor before knows; the caller's process asks once more, for the next time. */
const unfrozen = states.filter((state) => state !== 'FROZEN' && state !== 'STOPPED');

function program(id: ContainerId, freezer: Freezer, act: Act): Program {
  const socket = socketName(id);
  const tell = (state: State, from: readonly State[] = []): HostAct => {
    const bits = from.reduce((sum, one) => sum | (1 << stateNumber(one)), 0);
    const args = { socket, from: bits, state: stateNumber(state) };
    return { op: { op: 'tellState', args }, act: `tell the state ${state}` };
  };
  const args = { ...freezeRequest(freezer, act === 'freeze'), milliseconds: promptMilliseconds };
  const settled: HostAct = { op: { op: 'settle', args }, act };
  if (act === 'freeze') return hostProgram(act, [tell('FREEZING', unfrozen), settled, tell('FROZEN')]);
  return hostProgram(act, [tell('THAWED'), settled, tell('RUNNING')]);
}

function patience({ signal }: Session): FreezePatience {
  return { seconds: usualSeconds, signal };
}

type Act = 'freeze' | 'unfreeze';

function notRunning(act: Act, { lxcpath, name }: ContainerId): LxcError {
  if (!isDefined({ lxcpath, name }))
    return new LxcError(`No such container: ${lxcpath}:${name}`, {
      code: 'NOT_DEFINED',
      hint: 'lxc-ls lists those there are',
    });
  return new LxcError(`Failed to ${act} ${lxcpath}:${name}: it is not running`, { code: 'NOT_RUNNING' });
}

async function blaming(act: Act, { lxcpath, name }: ContainerId, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof LxcError)) throw error;
    throw new LxcError(`Failed to ${act} ${lxcpath}:${name}: ${error.message}`, {
      code: error.code,
      hint: error.hint,
      cause: error,
    });
  }
}

export async function freeze(socket: CommandSocket, patience: FreezePatience): Promise<void> {
  await socket.announce('FREEZING');
  try {
    await settle(socket, true, patience);
  } catch (error) {
    await socket.announce('RUNNING');
    throw error;
  }
  await socket.announce('FROZEN');
}

export async function unfreeze(socket: CommandSocket, patience: FreezePatience): Promise<void> {
  await socket.announce('THAWED');
  await settle(socket, false, patience);
  await socket.announce('RUNNING');
}

async function settle(socket: CommandSocket, frozen: boolean, patience: FreezePatience): Promise<void> {
  const freezer = await freezerOf(socket);
  if (freezer === undefined)
    throw new LxcError('the container has no cgroup of its own that could be frozen', { hint: delegate });
  try {
    await setFrozen(freezer, frozen, patience);
  } catch (error) {
    if (error instanceof LxcError) throw error;
    // The owner of a container on a unified host may not write there, but the monitor may.
    const isDenied = ['EACCES', 'EPERM'].includes(errnoCode(error) ?? '');
    if (isDenied && (await socket.freeze(frozen, patience.seconds))) return;
    throw new LxcError(`${freezer.dir}: ${reason(error)}`, { cause: error });
  }
}

/** The v1 controller where there is one, as C LXC does on a hybrid host. */
async function freezerOf(socket: CommandSocket): Promise<Freezer | undefined> {
  const v1 = await limitDir(socket, 'freezer');
  if (v1 !== undefined) return { version: 1, dir: v1 };
  const v2 = await limitDir(socket, '');
  return v2 === undefined ? undefined : { version: 2, dir: v2 };
}
