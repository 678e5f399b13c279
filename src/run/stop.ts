/** Ending a container: halt, reboot or kill, with as much patience as the caller has. */

import { LxcError } from '../base/error.ts';
import type { ContainerId } from './command-socket.ts';
import { Container } from './container.ts';
import { type InitSignal, type InitWish, signalText } from './init-signals.ts';
import type { Session } from './session.ts';

export interface StopWish {
  readonly act: 'halt' | 'reboot' | 'kill';
  /** How long init has; Infinity waits for ever, 0 does not wait. */
  readonly seconds: number;
  /** Kill when the time is over. */
  readonly insist: boolean;
  /** Spend no time on an init that surely does not listen. */
  readonly unlessVain?: boolean;
}

/** What a caller may want to tell or to keep. */
export type StopReport = (level: 'DEBUG' | 'WARN', message: string) => void;

/**
 * False where it does not run.
 * @throws LxcError `TIMED_OUT` where it did not do it in time and nobody insists
 */
export async function stopContainer(
  session: Session,
  id: ContainerId,
  wish: StopWish,
  report: StopReport = () => undefined,
): Promise<boolean> {
  const container = new Container(session, id);
  return (
    (await stopWatched(container, wish, report)) || (await stopUnwatched(session, container, wish, report))
  );
}

/** What {@link stopContainer} would do, step by step; `undefined` where it does not run. */
export async function planStop(
  session: Session,
  id: ContainerId,
  { act, seconds, insist, unlessVain }: StopWish,
): Promise<readonly string[] | undefined> {
  const container = new Container(session, id);
  if ((await container.socket.state()) === 'STOPPED') return undefined;
  if (act === 'kill') return ['Kill the container'];
  const signal = await container.signalFor(act, { seconds });
  const last = insist && act === 'halt' ? 'Kill the container' : 'Fail';
  if (unlessVain === true && !signal.isHeard) return [`${last}: ${deafness(act, signal)}`];
  if (seconds === 0) return [`Send ${because(signal)}`];
  const wait = seconds === Number.POSITIVE_INFINITY ? 'Wait for ever' : `Wait ${seconds} seconds`;
  return [`Send ${because(signal)}`, wait, last];
}

/** The monitor may have been killed: what it left is cleaned, or taken over and then stopped. */
async function stopUnwatched(
  session: Session,
  container: Container,
  wish: StopWish,
  report: StopReport,
): Promise<boolean> {
  const { tend } = await import('./tend.ts');
  return (await tend(session, container.id)) === 'running' && (await stopWatched(container, wish, report));
}

/** False: nobody answers. */
async function stopWatched(container: Container, wish: StopWish, report: StopReport): Promise<boolean> {
  const { act, seconds, insist } = wish;
  if (act === 'kill') return container.stop({ last: true });
  if ((await container.socket.state()) === 'STOPPED') return false;
  const signal = await container.signalFor(act, { seconds });
  report('DEBUG', because(signal));
  const isVain = wish.unlessVain === true && !signal.isHeard;
  if (isVain && (act === 'reboot' || !insist)) throw deaf(container, act, signal);
  const patience = { seconds, signal };
  if (act === 'reboot') return (await container.reboot(patience)) || tooLate(container, seconds);
  if (!isVain && (await container.shutdown(patience))) return true;
  if (!insist) return tooLate(container, seconds);
  report('WARN', `Killed: ${isVain ? deafness(act, signal) : lateness(signal, seconds)}`);
  await container.stop();
  return true;
}

function because({ signal, init, why }: InitSignal): string {
  return `${signalText(signal)} to ${init}: ${why}`;
}

function deafness(act: InitWish, { init }: InitSignal): string {
  return `${init} handles no signal to ${act}`;
}

function lateness({ signal, init }: InitSignal, seconds: number): string {
  return `${init} did not end within ${seconds} seconds of ${signalText(signal)}`;
}

function deaf({ id }: Container, act: InitWish, signal: InitSignal): LxcError {
  return new LxcError(`Failed to ${act} ${id.name}: ${deafness(act, signal)}`, {
    hint: act === 'halt' ? 'use -k' : 'stop the container and start it again',
  });
}

function tooLate({ id }: Container, seconds: number): never {
  throw new LxcError(`${id.name} did not do it within ${seconds} seconds`, {
    code: 'TIMED_OUT',
    hint: 'try -k, or a longer -t',
  });
}
