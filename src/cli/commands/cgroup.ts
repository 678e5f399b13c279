/** lxc-cgroup: read or write a file in the cgroup of a running container, under the name of either generation. */

import { LxcError } from '../../base/error.ts';
import { getCgroupItem, setCgroupItem } from '../../run/cgroup-item.ts';
import { CommandSocket } from '../../run/command-socket.ts';
import { type Command, rcfile } from '../command.ts';

export const cgroup: Command = {
  name: 'lxc-cgroup',
  summary: 'Get or set a value of the cgroup of a container',
  operands: 'FILE [VALUE]',
  named: true,
  options: [rcfile],
  async run(invocation, session) {
    const { lxcpath, name } = invocation;
    const [key, value] = invocation.operands;
    if (key === undefined)
      throw new LxcError('Missing state object', { hint: 'name a file such as memory.max' });
    const socket = new CommandSocket(invocation);
    if ((await socket.state()) === 'STOPPED') throw new LxcError(`'${lxcpath}:${name}' is not running`);
    if (value === undefined) {
      const act = `Failed to retrieve value of '${key}' for '${lxcpath}:${name}'`;
      // LXC puts one more line end behind the file's own.
      session.out(`${await blaming(act, () => getCgroupItem(socket, key))}\n`);
    } else {
      const act = `Failed to assign '${value}' value to '${key}' for '${name}'`;
      await blaming(act, () => setCgroupItem(socket, key, value));
    }
    return 0;
  },
};

async function blaming<T>(act: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof LxcError)) throw error;
    throw new LxcError(`${act}: ${error.message}`, { hint: error.hint, cause: error });
  }
}
