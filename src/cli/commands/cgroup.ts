/** lxc-cgroup: read or write a file in the cgroup of a running container, under the name of either generation. */

import { LxcError } from '../../base/error.ts';
import { readCgroup, writeCgroup } from '../../run/cgroup.ts';
import type { CgroupItem } from '../../run/cgroup-item.ts';
import type { Session } from '../../run/session.ts';
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
    if (value === undefined) print(session, await readCgroup(session, { lxcpath, name }, key));
    else await writeCgroup(session, { lxcpath, name }, { key, value }, { last: true });
    return 0;
  },
};

/** LXC puts one more line end behind the file's own. */
function print(session: Session, { text, file }: CgroupItem): void {
  const again = file === undefined ? undefined : [{ copy: file }, { text: '\n' }];
  session.report(`${text}\n`, again);
}
