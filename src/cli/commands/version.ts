/** lxc-version: one line. Gone from LXC since 1.0. */

import { version as number } from '../../base/version.ts';
import type { Command } from '../command.ts';

export const version: Command = {
  name: 'lxc-version',
  summary: 'Print the version number',
  named: false,
  options: [],
  run(_invocation, session) {
    session.out(`lxc version: ${number}\n`);
    return 0;
  },
};
