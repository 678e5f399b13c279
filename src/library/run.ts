/** A container for one command: this process starts it in the foreground, and its end is the command's. */

import { once } from 'node:events';
import { constants } from 'node:os';
import type { ContainerId } from '../run/command-socket.ts';
import { Container as Control } from '../run/container.ts';
import { type Client, InProcess } from '../run/in-process.ts';
import { checkCommand, startClient } from './exec.ts';
import { type AnyExecution, execution } from './execution.ts';
import type { Place } from './place.ts';
import { type Status, signalName } from './result.ts';
import { type RunOptions, startAs } from './start.ts';

export function runIn(
  id: ContainerId,
  place: Place,
  command: readonly string[],
  options: RunOptions,
): AnyExecution {
  checkCommand(command, options);
  const client = startClient(place, options);
  const ended = once(client.process, 'exit');
  // Its failure to start is told by its session.
  ended.catch(() => undefined);
  return execution(command, options, {
    client,
    status: runToEnd(id, client, ended, command, options),
    signal: (number) => void tell(id, place, client, number),
    resize: () => undefined,
  });
}

async function runToEnd(
  id: ContainerId,
  client: Client,
  ended: Promise<unknown[]>,
  command: readonly string[],
  options: RunOptions,
): Promise<Status> {
  try {
    const session = await client.session;
    await startAs(session, id, { ...options, kind: 'execute', detach: false, command });
  } finally {
    client.leave();
  }
  const [code, signal] = await ended;
  return typeof code === 'number'
    ? { exitCode: code, signal: undefined }
    : { exitCode: undefined, signal: String(signal) };
}

/** The container as a whole is killed; what can be refused goes to the command by its init. */
async function tell(id: ContainerId, place: Place, client: Client, number: number): Promise<void> {
  if (number !== constants.signals.SIGKILL) {
    const name = signalName(number);
    if (isSignal(name)) client.process.kill(name);
    return;
  }
  using session = new InProcess({ env: place.env });
  if (!(await new Control(session, id).stop().catch(() => false))) client.process.kill('SIGKILL');
}

function isSignal(name: string): name is NodeJS.Signals {
  return Object.hasOwn(constants.signals, name);
}
