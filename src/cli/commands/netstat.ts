/** lxc-netstat: the netstat of the host, which shows the sockets of a container. Gone from LXC since 1.0. */

import { LxcError } from '../../base/error.ts';
import { installRoot } from '../../base/install.ts';
import { tendedState } from '../../run/tend.ts';
import type { Command } from '../command.ts';

export const netstat: Command = {
  name: 'lxc-netstat',
  summary: 'Show the sockets of a container by netstat',
  operands: '[-- NETSTAT_OPTION...]',
  named: true,
  foreign: true,
  options: [],
  async run(invocation, session) {
    const { lxcpath, name, operands } = invocation;
    if (session.uid !== 0) throw new LxcError(`${invocation.program} must be run as root`);
    if ((await tendedState(session, invocation)) === 'STOPPED')
      throw new LxcError(`container '${name}' is not running`, { code: 'NOT_RUNNING' });
    const attach = [`${installRoot}/bin/lxc-attach`, '-n', name, '-P', lxcpath, '-s', 'NETWORK'];
    const { status } = await session.spawn({
      argv: [...attach, '--', 'netstat', ...operands],
      stdio: 'become',
    });
    return status;
  },
};
