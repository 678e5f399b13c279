/** A terminal of a running container on the terminal of the caller, until he leaves it by the escape. */

import { errnoNumber, errnoText } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import { CommandSocket, type ContainerId, socketName } from './command-socket.ts';
import { hostProgram } from './container.ts';
import type { RunResult, Session } from './session.ts';
import { tendedState } from './tend.ts';

export interface ConsoleRequest {
  /** 0 is the console, -1 the first tty that nobody uses. */
  readonly tty: number;
  /** The control character that the escape begins with: 1 is Ctrl-a. */
  readonly prefix: number;
}

/** Resolves when the caller has left the terminal, or the container closed it. */
export async function showConsole(session: Session, id: ContainerId, request: ConsoleRequest): Promise<void> {
  if ((await tendedState(session, id)) === 'STOPPED') throw notRunning(id);
  const args = { socket: socketName(id), ...request };
  const act = { op: { op: 'console', args }, act: 'show a terminal' } as const;
  const result = await session.run(hostProgram('console', [act]));
  // Who ends it by a signal has left it as well.
  if (result.kind !== 'failed' || result.errno === errnoNumber('EINTR')) return;
  throw await refused(id, request.tty, result);
}

function notRunning({ name }: ContainerId): LxcError {
  return new LxcError(`${name} is not running`, { code: 'NOT_RUNNING', hint: 'lxc-ls -f lists what runs' });
}

function refused(id: ContainerId, tty: number, { errno, detail }: RunResult): LxcError | Promise<LxcError> {
  if (errno === errnoNumber('ECONNREFUSED')) return notRunning(id);
  if (errno === errnoNumber('EACCES') || errno === errnoNumber('EPERM'))
    return new LxcError(`Insufficient privileges to control ${id.name}`, {
      code: 'NOT_PERMITTED',
      hint: 'run the command as root, or as the user who started the container',
    });
  const what = tty === 0 ? 'the console' : tty < 0 ? 'a tty' : `tty ${tty}`;
  if (errno === errnoNumber('EBADF')) return unavailable(what, id, tty);
  return new LxcError(`Failed to show ${what} of ${id.name}: ${detail || errnoText(errno)}`);
}

/** Monitors say no more than that it cannot be had; how many there are tells why. */
async function unavailable(what: string, id: ContainerId, tty: number): Promise<LxcError> {
  const most = Number((await new CommandSocket(id).configItem('lxc.tty.max')) ?? Number.NaN);
  const [reason, hint] = reasonOf(tty, most);
  return new LxcError(`Failed to show ${what} of ${id.name}: ${reason}`, { hint });
}

function reasonOf(tty: number, most: number): readonly [string, string] {
  if (tty === 0) return ['it has none, or somebody else is connected to it', 'see lxc.console.path'];
  if (most === 0) return ['it has no ttys', 'set lxc.tty.max, or take the console with -t 0'];
  if (tty > most) return [`it has ttys 1 to ${most}`, 'set lxc.tty.max to have more'];
  if (tty < 0) return ['somebody is connected to each of them', 'set lxc.tty.max to have more'];
  return ['somebody else is connected to it', 'leave out -t to get a free one'];
}
