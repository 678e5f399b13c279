/** lxc-containers: what lxc.service runs. Settings are in /etc/default/lxc. */

import { LxcError } from '../../base/error.ts';
import { bootContainers, bootSettings, haltContainers } from '../../run/boot.ts';
import type { Session } from '../../run/session.ts';
import type { Command } from '../command.ts';

export const containers: Command = {
  name: 'lxc-containers',
  summary: 'Start and stop the containers of the host by /etc/default/lxc',
  operands: 'start|stop|restart',
  named: false,
  options: [],
  run(invocation, session) {
    const [verb = '', ...more] = [invocation.name, ...invocation.operands].filter((word) => word !== '');
    const act = Object.hasOwn(verbs, verb) && more.length === 0 ? verbs[verb] : undefined;
    if (act !== undefined) return act(session);
    throw new LxcError(`Failed to do '${[verb, ...more].join(' ')}'`, {
      hint: 'say start, stop or restart',
      exit: 2,
    });
  },
};

const verbs: Readonly<Record<string, (session: Session) => Promise<number>>> = {
  start: (session) => bootContainers(session, bootSettings()),
  stop: (session) => haltContainers(session, bootSettings()),
  restart: again,
  reload: again,
  'force-reload': again,
};

/** What could not be stopped is no reason to start nothing. */
async function again(session: Session): Promise<number> {
  await haltContainers(session, bootSettings());
  return bootContainers(session, bootSettings());
}
