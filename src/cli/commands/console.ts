/** lxc-console: a tty of a running container, or its console, on the terminal that the command is typed in. */

import { LxcError } from '../../base/error.ts';
import { showConsole } from '../../run/console.ts';
import { type Command, rcfile } from '../command.ts';
import { integer, parsed } from '../option.ts';

const anyTty = -1;
const ctrlA = 1;

const tty = parsed(
  {
    short: 't',
    long: 'tty',
    metavar: 'NUMBER',
    help: 'Show this tty, not the first free one; 0 is the console',
  },
  ttyNumber,
);
const leave = parsed(
  {
    short: 'e',
    long: 'escape',
    metavar: 'PREFIX',
    help: 'Leave by Ctrl+PREFIX and q: a letter, also as ^a; the default is a',
  },
  controlOf,
);

export const console: Command = {
  name: 'lxc-console',
  summary: 'Use a terminal of a running container',
  named: true,
  options: [tty, leave, rcfile],
  async run(invocation, session) {
    const request = { tty: invocation.get(tty) ?? anyTty, prefix: invocation.get(leave) ?? ctrlA };
    await showConsole(session, invocation, request);
    return 0;
  },
};

function ttyNumber(value: string): number {
  const number = integer(value);
  if (number >= 0 && number <= 0x7fff_ffff) return number;
  throw new LxcError(`Failed to use ${value} as a tty: there is none of that number`, {
    hint: 'ttys are 1, 2 and so on; 0 is the console',
  });
}

function controlOf(prefix: string): number {
  if (/^\^?[a-zA-Z]$/.test(prefix)) return prefix.toUpperCase().charCodeAt(prefix.length - 1) & 0x1f;
  throw new LxcError(`Failed to use '${prefix}' as the prefix of the escape`, { hint: 'give a letter' });
}
