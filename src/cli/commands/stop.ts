/** lxc-stop: halt, reboot or kill a container. */

import { LxcError } from '../../base/error.ts';
import { Container } from '../../run/container.ts';
import type { Session } from '../../run/session.ts';
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
    const container = new Container(session, invocation);
    return (await runStop(container, wish)) ?? (await stopUnwatched(session, container, wish));
  },
};

export interface Wish {
  readonly act: 'halt' | 'reboot' | 'kill';
  readonly seconds: number;
  /** Kill when the time is over. */
  readonly insist: boolean;
}

/** What the options ask for; contradictions are refused with LXC's words. */
export function wishOf(invocation: Pick<Invocation, 'get'>): Wish {
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
  };
}

/** The monitor may have been killed: what it left is cleaned, or taken over and then stopped. */
async function stopUnwatched(session: Session, container: Container, wish: Wish): Promise<number> {
  const { tend } = await import('../../run/tend.ts');
  if ((await tend(session, container.id)) === 'absent') return refuse(container);
  return (await runStop(container, wish)) ?? refuse(container);
}

/** `undefined`: nobody answers. */
async function runStop(container: Container, { act, seconds, insist }: Wish): Promise<number | undefined> {
  if (act === 'kill') return (await container.stop({ last: true })) ? 0 : undefined;
  if ((await container.socket.state()) === 'STOPPED') return undefined;
  if (act === 'reboot') return (await container.reboot({ seconds })) ? 0 : tooLate(container, seconds);
  if (await container.shutdown({ seconds })) return 0;
  if (!insist) return tooLate(container, seconds);
  await container.stop();
  return 0;
}

function refuse({ id }: Container): never {
  throw new LxcError(`${id.name} is not running`, { exit: notRunning });
}

function tooLate({ id }: Container, seconds: number): never {
  throw new LxcError(`${id.name} did not do it within ${seconds} seconds`, {
    hint: 'try -k, or a longer -t',
  });
}
