/** lxc-net: the bridge that containers are on by default, with addresses and names for them and a way out. */

import { LxcError } from '../../base/error.ts';
import { formatPlan } from '../../plan/index.ts';
import {
  type NetStatus,
  netSettings,
  netStatus,
  runNet,
  startProgram,
  stopProgram,
} from '../../run/lxc-net.ts';
import type { Session } from '../../run/session.ts';
import type { Command, Invocation } from '../command.ts';
import { format, jsonText } from '../format.ts';
import { flag } from '../option.ts';

const plan = flag({ long: 'plan', help: 'Print what would be done, and change nothing' });

/** As scripts of services have it for what does not run. */
const notRunning = 3;

export const net: Command = {
  name: 'lxc-net',
  summary: 'Set up the bridge for containers by /etc/default/lxc-net',
  operands: 'start|stop|restart|status',
  named: false,
  options: [plan, format],
  run(invocation, session) {
    const [verb = '', ...more] = invocation.operands;
    const act = Object.hasOwn(verbs, verb) && more.length === 0 ? verbs[verb] : undefined;
    if (act !== undefined) return act(invocation, session);
    throw new LxcError(`Failed to do '${invocation.operands.join(' ')}'`, {
      hint: 'say start, stop, restart or status',
      exit: 2,
    });
  },
};

const verbs: Readonly<
  Record<string, (invocation: Invocation, session: Session) => Promise<number> | number>
> = {
  start,
  stop,
  async restart(invocation, session) {
    const status = await stop(invocation, session);
    return status === 0 ? start(invocation, session) : status;
  },
  status(invocation, session) {
    const status = netStatus(netSettings());
    session.out(invocation.get(format) === 'json' ? jsonText(status) : statusText(status));
    return status.up ? 0 : notRunning;
  },
};

function start(invocation: Invocation, session: Session): Promise<number> | number {
  const settings = netSettings();
  if (!settings.on) {
    session.out('lxc-net: USE_LXC_BRIDGE is not true, nothing to set up\n');
    return 0;
  }
  const { up, dnsmasq } = netStatus(settings);
  if (up && dnsmasq !== 0) {
    session.out(`lxc-net: ${settings.bridge} is up already\n`);
    return 0;
  }
  return perform(invocation, session, startProgram(session, settings));
}

function stop(invocation: Invocation, session: Session): Promise<number> {
  const settings = netSettings();
  const { ports } = netStatus(settings);
  if (ports.length > 0)
    session.out(
      `lxc-net: ${settings.bridge} stays, ${ports.join(' ')} ${ports.length > 1 ? 'are' : 'is'} on it\n`,
    );
  return perform(invocation, session, stopProgram(session, settings));
}

async function perform(
  invocation: Invocation,
  session: Session,
  program: ReturnType<typeof startProgram>,
): Promise<number> {
  if (invocation.get(plan)) {
    session.out(formatPlan({ program, notes: [] }, invocation.get(format) ?? 'text'));
    return 0;
  }
  for (const note of await runNet(session, program)) invocation.warn(note, 'net');
  return 0;
}

function statusText({ bridge, up, addresses, dnsmasq, ports }: NetStatus): string {
  const rows = [
    ['Bridge', `${bridge}, ${up ? 'up' : 'not set up'}`],
    ['Addresses', addresses.join(' ')],
    ['Dnsmasq', dnsmasq === 0 ? 'not running' : String(dnsmasq)],
    ['Ports', ports.join(' ')],
  ];
  return rows
    .map(([name = '', value = '']) => `${`${name}:`.padEnd(16)}${value}`.trimEnd())
    .join('\n')
    .concat('\n');
}
