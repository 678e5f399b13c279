/** `PID|NAME` on the command lines of lxcfs. */

import { existsSync } from 'node:fs';
import { LxcError } from '../base/error.ts';
import { CommandSocket } from '../run/command-socket.ts';
import type { Invocation } from './command.ts';

/** Digits are a pid; for a container of such a name give its init's. */
export async function pidOf(invocation: Invocation, word: string | undefined): Promise<number> {
  if (word === undefined || word === '')
    throw new LxcError('Failed to find the container: none was named', {
      hint: 'give the name of a container or the pid of a process in it',
      exit: 2,
    });
  if (/^\d+$/.test(word)) {
    if (existsSync(`/proc/${word}/ns/mnt`)) return Number(word);
    throw new LxcError(`Failed to find process ${word}: No such process`);
  }
  const socket = new CommandSocket({ lxcpath: invocation.lxcpath, name: word });
  const pid = await socket.initPid().catch(() => undefined);
  if (pid !== undefined) return pid;
  throw new LxcError(`Failed to find the container ${word}: it is not running`, {
    hint: 'name its container path with -P, or give the pid of a process in it',
  });
}
