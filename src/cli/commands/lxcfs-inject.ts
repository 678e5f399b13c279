/** lxcfs inject and eject: the view in a container that runs, of whatever engine. */

import { LxcError } from '../../base/error.ts';
import { apply, type Change, findOrigin, injection, removal } from '../../run/lxcfs/inject.ts';
import { mountsOf } from '../../run/lxcfs/mounts.ts';
import type { Session } from '../../run/session.ts';
import type { Command } from '../command.ts';
import { pidOf } from '../lxcfs-target.ts';

export const lxcfsInject: Command = {
  name: 'lxcfs inject',
  summary: 'Put the view into a running container',
  operands: 'PID|NAME',
  named: false,
  options: [],
  async run(invocation, session) {
    const pid = await pidOf(invocation, invocation.operands[0]);
    return await change(session, pid, injection(pid, findOrigin()));
  },
};

export const lxcfsEject: Command = {
  name: 'lxcfs eject',
  summary: 'Take the view out of a running container, so that it sees the host',
  operands: 'PID|NAME',
  named: false,
  options: [],
  async run(invocation, session) {
    const pid = await pidOf(invocation, invocation.operands[0]);
    return await change(session, pid, removal(mountsOf(pid)));
  },
};

async function change(session: Session, pid: number, changes: readonly Change[]): Promise<number> {
  const complaints = await apply(session, pid, changes);
  if (complaints !== '') throw new LxcError(complaints.trimEnd().replaceAll('lxcfs: ', ''));
  const count = new Set(changes.map(({ target }) => target)).size;
  session.out(`${pid}: ${count} files\n`);
  return 0;
}
