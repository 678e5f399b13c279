/** lxc-stop: halt, reboot or kill a container. */

import { LxcError } from '../../base/error.ts';
import type { Session } from '../../run/session.ts';
import { planStop, type StopWish, stopContainer } from '../../run/stop.ts';
import { type Command, type Invocation, rcfile } from '../command.ts';
import { flag, integer, parsed } from '../option.ts';

const options = {
  reboot: flag({ short: 'r', long: 'reboot', help: 'Reboot the container' }),
  nowait: flag({ short: 'W', long: 'nowait', help: 'Send the signal and do not wait' }),
  timeout: parsed(
    {
      short: 't',
      long: 'timeout',
      metavar: 'SECONDS',
      help: 'Wait this long before killing, -1 for ever; 60',
    },
    integer,
  ),
  kill: flag({ short: 'k', long: 'kill', help: 'Kill the container at once' }),
  nokill: flag({ long: 'nokill', help: 'Do not kill the container when the time is over' }),
  nolock: flag({ long: 'nolock', help: 'Take no lock, with -k only' }),
  plan: flag({ long: 'plan', help: 'Print what would be done and do nothing' }),
  rcfile,
} as const;

const defaultSeconds = 60;
const notRunning = 2;

export const stop: Command = {
  name: 'lxc-stop',
  summary: 'Stop a container',
  named: true,
  options: Object.values(options),
  async run(invocation, session) {
    const wish = wishOf(invocation);
    const { lxcpath, name } = invocation;
    const id = { lxcpath, name };
    if (invocation.get(options.plan)) return printed(session, await planStop(session, id, wish), invocation);
    const report = (level: 'DEBUG' | 'WARN', message: string) =>
      level === 'WARN' ? invocation.warn(message, 'stop') : invocation.log.write(level, 'stop', message);
    if (!(await stopContainer(session, id, wish, report))) refuse(invocation);
    return 0;
  },
};

/** What the options ask for; contradictions are refused with LXC's words. */
export function wishOf(invocation: Pick<Invocation, 'get'>): StopWish {
  const timeout = invocation.get(options.timeout);
  const nowait = invocation.get(options.nowait);
  const [kill, nokill, reboot] = [options.kill, options.nokill, options.reboot].map((one) =>
    invocation.get(one),
  );
  if (timeout !== undefined && timeout < -1)
    throw new LxcError('Invalid timeout', { hint: 'use -1 to wait for ever' });
  if (kill && nokill) throw new LxcError("-k can't be used with --nokill");
  if (kill && reboot) throw new LxcError("-k can't be used with -r");
  if (kill && timeout !== undefined) throw new LxcError("-k doesn't allow timeouts");
  if (!kill && invocation.get(options.nolock)) throw new LxcError('--nolock may only be used with -k');
  const seconds = nowait ? 0 : (timeout ?? defaultSeconds);
  return {
    act: kill ? 'kill' : reboot ? 'reboot' : 'halt',
    seconds: seconds === -1 ? Number.POSITIVE_INFINITY : seconds,
    insist: !nokill && !nowait,
    unlessVain: !nowait && timeout === undefined,
  };
}

function printed(session: Session, plan: readonly string[] | undefined, invocation: Invocation): number {
  if (plan === undefined) refuse(invocation);
  session.out(`${plan.join('\n')}\n`);
  return 0;
}

function refuse({ name }: Invocation): never {
  throw new LxcError(`${name} is not running`, { code: 'NOT_RUNNING', exit: notRunning });
}
