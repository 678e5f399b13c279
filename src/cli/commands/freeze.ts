/** lxc-freeze and lxc-unfreeze: stop every process of a container where it is, and let them go on. */

import { LxcError } from '../../base/error.ts';
import { CommandSocket } from '../../run/command-socket.ts';
import { isDefined } from '../../run/directory.ts';
import { freeze as freezeContainer, unfreeze as unfreezeContainer } from '../../run/freeze.ts';
import type { Session } from '../../run/session.ts';
import { tendedState } from '../../run/tend.ts';
import { type Command, type Invocation, rcfile } from '../command.ts';

/** Longer than anything but a broken device or network file system takes. */
const seconds = 10;

export const freeze: Command = {
  name: 'lxc-freeze',
  summary: 'Freeze all processes of a container',
  named: true,
  options: [rcfile],
  async run(invocation, session) {
    const socket = new CommandSocket(invocation);
    const state = await tendedState(session, invocation);
    if (state === 'STOPPED') throw notRunning('freeze', invocation);
    if (state !== 'FROZEN')
      await blaming('freeze', invocation, () => freezeContainer(socket, patience(session)));
    return 0;
  },
};

export const unfreeze: Command = {
  name: 'lxc-unfreeze',
  summary: 'Let the processes of a frozen container go on',
  named: true,
  options: [rcfile],
  async run(invocation, session) {
    const socket = new CommandSocket(invocation);
    const state = await tendedState(session, invocation);
    // A container that is stopped is not frozen either, and LXC calls that a success.
    if (state === 'STOPPED' && !isDefined(invocation)) throw notRunning('unfreeze', invocation);
    if (state !== 'STOPPED')
      await blaming('unfreeze', invocation, () => unfreezeContainer(socket, patience(session)));
    return 0;
  },
};

function patience({ signal }: Session) {
  return { seconds, signal };
}

type Act = 'freeze' | 'unfreeze';

function notRunning(act: Act, { lxcpath, name }: Invocation): LxcError {
  if (!isDefined({ lxcpath, name }))
    return new LxcError(`No such container: ${lxcpath}:${name}`, { hint: 'lxc-ls lists those there are' });
  return new LxcError(`Failed to ${act} ${lxcpath}:${name}: it is not running`);
}

async function blaming(act: Act, { lxcpath, name }: Invocation, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    if (!(error instanceof LxcError)) throw error;
    throw new LxcError(`Failed to ${act} ${lxcpath}:${name}: ${error.message}`, {
      hint: error.hint,
      cause: error,
    });
  }
}
