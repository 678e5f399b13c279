/** Freezing and thawing a container: its cgroup does it, its monitor tells everybody who waits. */

import { errnoCode, reason } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import { type FreezePatience, type Freezer, setFrozen } from '../cgroup/freeze.ts';
import { delegate } from '../cgroup/limits.ts';
import { CommandSocket, type ContainerId } from './command-socket.ts';
import { limitDir } from './container-cgroup.ts';
import { isDefined } from './directory.ts';
import type { Session } from './session.ts';
import { tendedState } from './tend.ts';

/** Longer than anything but a broken device or network file system takes. */
const usualSeconds = 10;

/** Nothing is done where it is frozen already. */
export async function freezeContainer(session: Session, id: ContainerId): Promise<void> {
  const state = await tendedState(session, id);
  if (state === 'STOPPED') throw notRunning('freeze', id);
  if (state !== 'FROZEN') await blaming('freeze', id, () => freeze(new CommandSocket(id), patience(session)));
}

/** A container that is stopped is not frozen either, and LXC calls that a success. */
export async function unfreezeContainer(session: Session, id: ContainerId): Promise<void> {
  const state = await tendedState(session, id);
  if (state === 'STOPPED' && !isDefined(id)) throw notRunning('unfreeze', id);
  if (state !== 'STOPPED')
    await blaming('unfreeze', id, () => unfreeze(new CommandSocket(id), patience(session)));
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
