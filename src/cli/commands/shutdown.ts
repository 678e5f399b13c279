/** lxc-shutdown: ask a container to halt, and wait if that is wanted. Gone from LXC since 1.0, where lxc-stop does it. */

import { LxcError } from '../../base/error.ts';
import { Container } from '../../run/container.ts';
import type { Session } from '../../run/session.ts';
import { tendedState } from '../../run/tend.ts';
import type { Command, Invocation } from '../command.ts';
import { flag, integer, parsed } from '../option.ts';

const options = {
  wait: flag({ short: 'w', long: 'wait', help: 'Wait until the container has stopped' }),
  reboot: flag({ short: 'r', long: 'reboot', help: 'Ask for a reboot instead' }),
  timeout: parsed(
    { short: 't', long: 'timeout', metavar: 'SECONDS', help: 'Stop the container when it takes longer' },
    integer,
  ),
} as const;

export const shutdown: Command = {
  name: 'lxc-shutdown',
  summary: 'Ask a container to shut down',
  named: true,
  options: Object.values(options),
  async run(invocation, session) {
    if (session.uid !== 0) throw new LxcError(`${invocation.program} must be run as root`);
    if ((await tendedState(session, invocation)) === 'STOPPED')
      throw new LxcError(`${invocation.name} is not running`, { code: 'NOT_RUNNING' });
    const container = new Container(session, invocation);
    if (invocation.get(options.reboot)) await container.reboot({ seconds: 0 });
    else await halt(invocation, session, container);
    return 0;
  },
};

async function halt(invocation: Invocation, session: Session, container: Container): Promise<void> {
  const timeout = invocation.get(options.timeout);
  const waits = invocation.get(options.wait) || timeout !== undefined;
  if (timeout !== undefined && timeout < 0) throw new LxcError('Invalid timeout');
  const stopped = await container.shutdown({ seconds: waits ? (timeout ?? Number.POSITIVE_INFINITY) : 0 });
  if (!waits) return;
  if (stopped && timeout !== 0) {
    session.out(`Container ${invocation.name} has shut down\n`);
    return;
  }
  session.out(`Calling lxc-stop on ${invocation.name}\n`);
  await container.stop();
}
