/** lxc-kill: one signal to the container's init. Gone from LXC since 1.0; numbers are read as they were then. */

import { constants } from 'node:os';
import { LxcError } from '../../base/error.ts';
import { signalContainer } from '../../run/signal.ts';
import type { Command } from '../command.ts';

/** Old scripts look for 255. */
const failure = 255;

export const kill: Command = {
  name: 'lxc-kill',
  summary: 'Send a signal to the first process of a container',
  operands: '[SIGNAL]',
  named: true,
  nameless: failure,
  options: [],
  async run(invocation, session) {
    const signal = signalNumber(invocation.operands[0] ?? '9');
    const { lxcpath, name } = invocation;
    if (await signalContainer(session, { lxcpath, name }, signal).catch(oldStatus)) return 0;
    throw new LxcError('Failed to get the init pid: the container is not running', { exit: failure });
  },
};

const realtime = { min: 34, max: 64 };

function oldStatus(error: unknown): never {
  if (!(error instanceof LxcError)) throw error;
  throw new LxcError(error.message, { hint: error.hint, exit: failure, cause: error });
}

/** A leading number as atoi reads it, or a name; a negative number goes on to kill(2), which refuses it. */
export function signalNumber(text: string): number {
  const number = Number(/^\s*([+-]?\d+)/.exec(text)?.[1] ?? 0) || named(text);
  if (number === 0 || number > realtime.max)
    throw new LxcError(`'${text}' isn't a valid signal number`, {
      exit: failure,
      hint: 'give a number from 1 to 64 or a name such as TERM',
    });
  return number;
}

/** `TERM`, `SIGTERM`, `RTMIN+3`. */
function named(text: string): number {
  const name = text.toUpperCase().replace(/^(?!SIG)/, 'SIG');
  const relative = /^SIGRT(MIN\+|MAX-)(\d{1,2})$/.exec(name);
  if (relative !== null) {
    const offset = Number(relative[2]);
    const number = relative[1] === 'MIN+' ? realtime.min + offset : realtime.max - offset;
    return number >= realtime.min && number <= realtime.max ? number : 0;
  }
  if (name === 'SIGRTMIN') return realtime.min;
  if (name === 'SIGRTMAX') return realtime.max;
  return Object.entries(constants.signals).find(([key]) => key === name)?.[1] ?? 0;
}
