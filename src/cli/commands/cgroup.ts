/** lxc-cgroup: read or write a file in the cgroup of a running container, under the name of either generation. */

import { LxcError } from '../../base/error.ts';
import { getCgroupItem, setCgroupItem } from '../../run/cgroup-item.ts';
import { CommandSocket, type ContainerId } from '../../run/command-socket.ts';
import { monitorOf } from '../../run/monitor.ts';
import type { Session } from '../../run/session.ts';
import { tend } from '../../run/tend.ts';
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
    const socket = monitorOf(session, invocation);
    if (value === undefined) {
      const act = `Failed to retrieve value of '${key}' for '${lxcpath}:${name}'`;
      // LXC puts one more line end behind the file's own.
      session.out(`${await blaming(session, invocation, act, () => getCgroupItem(socket, key))}\n`);
    } else {
      const act = `Failed to assign '${value}' value to '${key}' for '${name}'`;
      await blaming(session, invocation, act, () => setCgroupItem(socket, key, value));
    }
    return 0;
  },
};

/** Whether the container runs is asked only when something went wrong: that saves the common case a round trip. */
async function blaming<T>(session: Session, id: ContainerId, act: string, run: () => Promise<T>): Promise<T> {
  try {
    return await run();
  } catch (error) {
    if (!(error instanceof LxcError)) throw error;
    const wasStopped = (await new CommandSocket(id).state()) === 'STOPPED';
    if (wasStopped && (await tend(session, id)) === 'running') return run();
    if (wasStopped) throw new LxcError(`'${id.lxcpath}:${id.name}' is not running`);
    throw new LxcError(`${act}: ${error.message}`, { hint: error.hint, cause: error });
  }
}
