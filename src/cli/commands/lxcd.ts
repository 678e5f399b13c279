/** lxcd: the daemon that the commands start by themselves; `--stop` asks the one of this build to leave. */

import { LxcError } from '../../base/error.ts';
import type { Command } from '../command.ts';
import { flag } from '../option.ts';

const stop = flag({ long: 'stop', help: 'Have the daemon leave as soon as its commands are done' });

export const lxcd: Command = {
  name: 'lxcd',
  summary: 'Control the daemon that the other commands start on demand',
  named: false,
  options: [stop],
  run: (invocation, session) => {
    if (!invocation.get(stop))
      throw new LxcError('Nothing to do', { hint: 'commands start the daemon themselves; --stop ends it' });
    session.stopDaemon();
    return 0;
  },
};
