/** What can be done with a container that exists, as functions that commands and the library share. */

import { setTimeout as sleep } from 'node:timers/promises';
import { errnoNumber, errnoText } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import { readInitProcess } from '../host/init-process.ts';
import type { Op } from '../wire/ops.ts';
import type { PlannedOp, Program } from '../wire/program.ts';
import { CommandSocket, type ContainerId, socketName } from './command-socket.ts';
import { chooseSignal, type InitSignal, type InitWish } from './init-signals.ts';
import type { RunResult, Session } from './session.ts';
import type { State } from './states.ts';

/** An init so young may yet set up its signals. */
const youngSeconds = 3;
/** For how long it must be seen to handle none, which it may do for a moment. */
const deafSeconds = 0.2;
const lookMilliseconds = 50;

export interface Patience {
  /** Infinity waits for ever, 0 does not wait. */
  readonly seconds: number;
  /** Chosen already; else {@link Container.signalFor} is asked. */
  readonly signal?: InitSignal | undefined;
}

export class Container {
  readonly id: ContainerId;
  readonly socket: CommandSocket;
  readonly #session: Session;

  constructor(session: Session, id: ContainerId) {
    this.id = id;
    this.socket = new CommandSocket(id);
    this.#session = session;
  }

  /** Signal init; false where the container does not run. */
  async kill(signal: number): Promise<boolean> {
    const result = await this.#session.run(signalProgram(this.id, 0, signal));
    if (result.kind !== 'failed') return true;
    if (result.errno === errnoNumber('ECONNREFUSED')) return false;
    if (!lacksPidfd(result)) throw notSignalled(this.id.name, result);
    // Before 4.0, monitors of C LXC tell init's pid and have no descriptor of it.
    const pid = await this.socket.initPid();
    if (pid === undefined) return false;
    const again = await this.#session.run(signalProgram(this.id, pid, signal));
    if (again.kind === 'failed') throw notSignalled(this.id.name, again);
    return true;
  }

  /**
   * Kill the container and wait for its monitor to have cleaned up; false where it does not run. After a `last` one
   * that succeeds nothing more is said to the caller.
   */
  async stop({ last = false } = {}): Promise<boolean> {
    const program = hostProgram('stop', [
      { op: { op: 'stopByMonitor', args: { socket: socketName(this.id) } }, act: 'stop' },
    ]);
    const result = await (last
      ? this.#session.runLast(program, { isGrounded: true, free: [this.id.name] })
      : this.#session.run(program));
    if (result.kind !== 'failed') return true;
    if (result.errno === errnoNumber('ECONNREFUSED')) return false;
    throw new LxcError(`Failed to stop ${this.id.name}: ${result.detail || errnoText(result.errno)}`);
  }

  /** Ask init to halt. True: it stopped in time, or nobody wanted to wait. */
  async shutdown(patience: Patience): Promise<boolean> {
    const { signal } = patience.signal ?? (await this.signalFor('halt', patience));
    return this.#signalAndWait(signal, 'STOPPED', patience);
  }

  /** Ask init to reboot. True: it is running again, or nobody wanted to wait. */
  async reboot(patience: Patience): Promise<boolean> {
    const { signal } = patience.signal ?? (await this.signalFor('reboot', patience));
    return this.#signalAndWait(signal, 'RUNNING', patience);
  }

  /** The configured signal, or one that init understands. Patience is for an init that has only just begun. */
  async signalFor(wish: InitWish, { seconds }: Patience): Promise<InitSignal> {
    const key = `lxc.signal.${wish}`;
    const signal = await this.#configuredSignal(key);
    if (signal !== undefined) return { signal, isHeard: true, init: 'init', why: key };
    const waiting = timeLimit(Math.min(seconds, youngSeconds), this.#session.signal);
    for (const begun = performance.now(); ; await sleep(lookMilliseconds)) {
      const pid = await this.socket.initPid();
      const init = pid === undefined ? undefined : readInitProcess(pid);
      const chosen = chooseSignal(init, wish);
      const isYoung = init !== undefined && init.ageSeconds < youngSeconds;
      const isSettled = !isYoung && performance.now() - begun > deafSeconds * 1000;
      if (chosen.isHeard || isSettled || waiting.aborted || seconds === 0) return chosen;
    }
  }

  async #signalAndWait(signal: number, state: State, { seconds }: Patience): Promise<boolean> {
    if (seconds === 0) {
      await this.kill(signal);
      return true;
    }
    using watch = await this.socket.watch(new Set([state]), { reboot: true });
    await this.kill(signal);
    return (await watch.reached(timeLimit(seconds, this.#session.signal))) === state;
  }

  async #configuredSignal(key: string): Promise<number | undefined> {
    const number = Number(await this.socket.configItem(key));
    return Number.isInteger(number) && number > 0 ? number : undefined;
  }
}

/** Aborted after so many seconds, or when the caller has gone. */
export function timeLimit(seconds: number, caller: AbortSignal): AbortSignal {
  // What does not fit into a timer is for ever as well.
  const milliseconds = seconds * 1000;
  return milliseconds > 0x7fff_ffff ? caller : AbortSignal.any([caller, AbortSignal.timeout(milliseconds)]);
}

function signalProgram(id: ContainerId, pid: number, signal: number): Program {
  const socket = pid === 0 ? socketName(id) : '';
  return hostProgram('kill', [
    { op: { op: 'signal', args: { socket, pid, signal } }, act: `send signal ${signal}` },
  ]);
}

export interface HostAct {
  readonly op: Op;
  /** What fails when it fails, for `Failed to ...`. */
  readonly act: string;
  readonly optional?: boolean;
}

/** A program that only acts on the host's side and then returns. */
export function hostProgram(key: string, acts: readonly HostAct[]): Program {
  const parent: PlannedOp[] = acts.map(({ op, act, optional }) => ({
    ...op,
    why: { key, act },
    ...(optional === undefined ? {} : { optional }),
  }));
  return { parent, child: [], settings: [], after: 'return', exit: 'zero' };
}

function lacksPidfd({ errno }: RunResult): boolean {
  return ['ENOSYS', 'EINVAL', 'EBADF', 'EPROTO', 'ENODATA'].some((name) => errnoNumber(name) === errno);
}

function notSignalled(name: string, { errno, detail }: RunResult): LxcError {
  return new LxcError(`Failed to send a signal to the init of ${name}: ${detail || errnoText(errno)}`);
}
