/** lxc-cgroup: read or write a file in the cgroup of a running container, under the name of either generation. */

import { LxcError } from '../../base/error.ts';
import { readCgroup, writeCgroup } from '../../run/cgroup.ts';
import { type Command, rcfile } from '../command.ts';

export const cgroup: Command = {
  name: 'lxc-cgroup',
  summary: 'Get or set a value of the cgroup of a container',
  operands: 'FILE [VALUE]',
  named: true,
  options: [rcfile],
  async run({ lxcpath, name, operands: [key, value] }, session) {
    if (key === undefined)
      throw new LxcError('Missing state object', { hint: 'name a file such as memory.max' });
    // LXC puts one more line end behind the file's own.
    if (value === undefined) session.out(`${await readCgroup(session, { lxcpath, name }, key)}\n`);
    else await writeCgroup(session, { lxcpath, name }, key, value);
    return 0;
  },
};
