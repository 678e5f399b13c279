/** A container as an object: a name in a container path, and what can be done with it. It holds nothing open. */

import { randomBytes } from 'node:crypto';
import { LxcError } from '../base/error.ts';
import { readCgroup, writeCgroup } from '../run/cgroup.ts';
import { CommandSocket, type ContainerId } from '../run/command-socket.ts';
import { createContainer } from '../run/create.ts';
import { destroyContainer } from '../run/destroy.ts';
import { isDefined } from '../run/directory.ts';
import { freezeContainer, unfreezeContainer } from '../run/freeze.ts';
import { containerInfo, type Info } from '../run/info.ts';
import { monitorOf } from '../run/monitor.ts';
import { renameContainer } from '../run/rename.ts';
import { signalContainer } from '../run/signal.ts';
import type { State } from '../run/states.ts';
import { type StopWish, stopContainer } from '../run/stop.ts';
import { tendedState } from '../run/tend.ts';
import { waitForState } from '../run/wait.ts';
import { ConfigFile, mustBeDefined } from './config-file.ts';
import { type CopyOptions, copyTo, Snapshots } from './copy.ts';
import { type CreateOptions, sayAgain, wishOf } from './create.ts';
import { type StateChange, stateChanges } from './events.ts';
import { execIn } from './exec.ts';
import type { ExecOptions, NoOptions } from './exec-options.ts';
import type { AnyExecution, Execution } from './execution.ts';
import { type Abortable, idOf, inSession, type Place, refuseAborted } from './place.ts';
import { signalNumber } from './result.ts';
import { runIn } from './run.ts';
import { planAs, type RunOptions, type StartOptions, type StartPlan, startAs, Warnings } from './start.ts';

/** What is known of a container. */
export interface ContainerInfo extends Info {
  readonly name: string;
}

/** A container that was started. With `await using` it is killed at the end of the scope. */
export interface Started extends AsyncDisposable {
  /** Of init, in the pid namespace of this process. */
  readonly pid: number;
  /** Remarks about the start, each a line: keys without effect, translated keys. */
  readonly warnings: readonly string[];
}

/** Options of {@link Container.stop} and {@link Container.reboot}. */
export interface StopOptions extends Abortable {
  /** Milliseconds that init has to do what it is asked; 60000 where absent, Infinity for ever, 0 not to wait. */
  readonly timeout?: number | undefined;
}

/** Options of {@link Container.destroy}. */
export interface DestroyOptions {
  /** Kill it first where it runs. */
  readonly force?: boolean | undefined;
  /** Its snapshots and clones too. */
  readonly snapshots?: boolean | undefined;
}

/** Values of the cgroup of a running container. */
export interface CgroupValues {
  /**
   * The text of a file such as `memory.max` or `memory.limit_in_bytes`, without the last line end. Names of cgroup v1 and
   * v2 work on either kind of host; what the host has under another name is translated.
   * @throws {@link LxcError} `NOT_RUNNING`, `FAILED`
   */
  get(key: string): Promise<string>;
  /**
   * Writes a value, in the units of the name's generation.
   * @throws {@link LxcError} `NOT_RUNNING`, `FAILED` where the kernel refuses it
   */
  set(key: string, value: string | number): Promise<void>;
}

const usualTimeout = 60_000;
const cleaningTimeout = 10_000;

/**
 * A container, by its name in a container path. The object is a handle: it holds nothing open, and what it tells is asked
 * anew each time, so other programs and the `lxc-*` commands may work on the same container. Its functions may be called
 * at the same time. Each throws {@link LxcError}.
 */
export class Container {
  readonly name: string;
  /** Absolute path of the directory that has its directory. */
  readonly lxcpath: string;
  /** Its configuration file. */
  readonly config: ConfigFile;
  /** Its snapshots. */
  readonly snapshots: Snapshots;
  /** Values of its cgroup while it runs. */
  readonly cgroup: CgroupValues;
  readonly #id: ContainerId;
  readonly #place: Place;

  /** Containers come from {@link Container.open}, {@link Container.create} and the like. */
  protected constructor(id: ContainerId, place: Place) {
    ({ name: this.name, lxcpath: this.lxcpath } = id);
    this.#id = id;
    this.#place = place;
    this.config = new ConfigFile(id, place);
    this.snapshots = new Snapshots(id, place);
    this.cgroup = {
      get: async (key) =>
        (await this.#session((session) => readCgroup(session, id, key))).text.replace(/\n$/, ''),
      set: (key, value) =>
        this.#session((session) => writeCgroup(session, id, { key, value: String(value) })),
    };
  }

  /**
   * A handle for a name, whether there is such a container or not.
   * @throws {@link LxcError} `INVALID_ARGUMENT` for what is no name
   */
  static at(name: string, place: Place = {}): Container {
    return new Container(idOf(name, place), place);
  }

  /**
   * A container that exists: it has a configuration, or it runs.
   * @throws {@link LxcError} `NOT_DEFINED`, `INVALID_ARGUMENT`
   */
  static async open(name: string, place: Place = {}): Promise<Container> {
    const container = Container.at(name, place);
    if (!container.isDefined && (await container.state()) === 'STOPPED') mustBeDefined(container.#id);
    return container;
  }

  /**
   * Makes a container: its directory, its configuration, and a root file system by a template.
   * @throws {@link LxcError} `ALREADY_DEFINED`, `INVALID_CONFIG`, `FAILED` with what the template said last; nothing is left
   */
  static async create(name: string, options: CreateOptions = {}): Promise<Container> {
    const container = Container.at(name, options);
    await make(container.#id, options);
    return container;
  }

  /**
   * Makes a container under a name of its own that is killed and destroyed at the end of an `await using` scope.
   * @throws {@link LxcError} as {@link Container.create}
   */
  static async temporary(options: CreateOptions = {}): Promise<TemporaryContainer> {
    const id = idOf(temporaryName(), options);
    await make(id, options);
    return new TemporaryContainer(id, options);
  }

  /** It has a configuration. */
  get isDefined(): boolean {
    return isDefined(this.#id);
  }

  /** `STOPPED` for a name that nobody has as well. */
  state(): Promise<State> {
    return this.#session((session) => tendedState(session, this.#id));
  }

  /** The pid of init in the pid namespace of this process; `undefined` where it does not run. */
  async pid(): Promise<number | undefined> {
    return (await this.#session((session) => containerInfo(session, this.#id, noDetails))).pid;
  }

  /** State, pid, addresses, and what was used of processor, memory, disks and network. */
  async info(): Promise<ContainerInfo> {
    const info = await this.#session((session) => containerInfo(session, this.#id, allDetails));
    return { name: this.name, ...info };
  }

  /**
   * Starts it in the background and resolves when its init runs.
   * @throws {@link LxcError} `NOT_DEFINED`, `ALREADY_RUNNING`, `INVALID_CONFIG`, `FAILED` with the line to blame as `origin`;
   * nothing is left of a start that failed
   */
  async start(options: StartOptions = {}): Promise<Started> {
    const { command = [], signal } = options;
    const { warnings, pid } = await inSession(this.#place, signal, async (session) => {
      await session.client.session;
      const asked = { ...options, kind: 'start', detach: true, command } as const;
      const { texts } = await startAs(session, this.#id, asked);
      return { warnings: texts, pid: await monitorOf(session, this.#id).initPid() };
    }).catch((error) => this.#afterAbort(signal, error));
    if (pid === undefined)
      throw new LxcError(`${this.name} has started and stopped at once`, { code: 'NOT_RUNNING' });
    return { pid, warnings, [Symbol.asyncDispose]: async () => void (await this.kill()) };
  }

  /**
   * What {@link Container.start} would do, as data. Changes nothing.
   * @throws {@link LxcError} as a start that is refused before anything is done
   */
  plan(options: StartOptions = {}): Promise<StartPlan> {
    const asked = { ...options, kind: 'start', detach: true, command: options.command ?? [] } as const;
    return inSession(this.#place, options.signal, (session) => planAs(session, this.#id, asked));
  }

  /**
   * Runs a command in the container, which must be running. The command is an argument vector, without a shell. What
   * still runs when this process exits is sent `SIGTERM`.
   * @throws {@link ExecError} when awaited: `COMMAND_FAILED`, `NOT_EXECUTABLE`, `TIMED_OUT`, `ABORTED`, `TOO_MUCH_OUTPUT`
   * @throws {@link LxcError} when awaited: `NOT_RUNNING`
   */
  exec<const O extends ExecOptions = NoOptions>(command: readonly string[], options?: O): Execution<O>;
  exec(command: readonly string[], options: ExecOptions = {}): AnyExecution {
    return execIn(this.#id, this.#place, command, options);
  }

  /**
   * Starts the container with a command as its only work, under a small init, in the foreground: it ends with the
   * command. A status above 128 may be that of a signal, as in a shell. As for `exec`, the command is sent `SIGTERM` when
   * this process exits; where this process is killed, it goes on.
   * @throws as `exec` and `start` do
   */
  run<const O extends RunOptions = NoOptions>(command: readonly string[], options?: O): Execution<O>;
  run(command: readonly string[], options: RunOptions = {}): AnyExecution {
    return runIn(this.#id, this.#place, command, options);
  }

  /**
   * Asks init to halt, and kills the container when the time is over. False where it did not run.
   * @throws {@link LxcError} `TIMED_OUT`, `ABORTED` by the signal: then nothing is killed
   */
  stop(options: StopOptions = {}): Promise<boolean> {
    return this.#end({ act: 'halt', insist: options.timeout !== 0 }, options);
  }

  /** Kills every process in it and resolves when it is gone. False where it did not run. */
  kill(): Promise<boolean> {
    return this.#end({ act: 'kill', insist: true }, {});
  }

  /**
   * Asks init to reboot and resolves when it runs again. False where it did not run.
   * @throws {@link LxcError} `TIMED_OUT`
   */
  reboot(options: StopOptions = {}): Promise<boolean> {
    return this.#end({ act: 'reboot', insist: false }, options);
  }

  /**
   * What its console has shown, as far as `lxc.console.buffer.size` keeps it; `undefined` without a buffer, or where it does
   * not run.
   */
  consoleLog(): Promise<Buffer | undefined> {
    return new CommandSocket(this.#id).consoleLog({ read: true });
  }

  /** Sends a signal to init, by name or number. False where it does not run. */
  signal(signal: NodeJS.Signals | number): Promise<boolean> {
    return this.#session((session) => signalContainer(session, this.#id, signalNumber(signal)));
  }

  /**
   * Stops every process where it is. With `await using` they go on at the end of the scope.
   * @throws {@link LxcError} `NOT_RUNNING`, `NOT_DEFINED`; `FAILED` after ten seconds, with the process that does not stop
   */
  async freeze(): Promise<AsyncDisposable> {
    await this.#session((session) => freezeContainer(session, this.#id));
    return { [Symbol.asyncDispose]: () => this.unfreeze() };
  }

  /** Lets frozen processes go on; does nothing where they are not. */
  unfreeze(): Promise<void> {
    return this.#session((session) => unfreezeContainer(session, this.#id));
  }

  /**
   * Resolves with the first of these states that it is in or comes to; it need not have been started yet.
   * @throws {@link LxcError} `NOT_RUNNING` when it stops without coming to one; `TIMED_OUT`, `ABORTED`
   */
  wait(wanted: State | readonly State[], options: Abortable = {}): Promise<State> {
    const { signal } = options;
    const states: ReadonlySet<State> = new Set(typeof wanted === 'string' ? [wanted] : wanted);
    return inSession(this.#place, signal, async (session) => {
      const reached = await waitForState(session, this.#id, states, signal);
      if (reached !== undefined) return reached;
      refuseAborted(signal);
      throw new LxcError(`${this.name} stopped before it came to ${[...states].join(' or ')}`, {
        code: 'NOT_RUNNING',
      });
    });
  }

  /**
   * The state it is in, and every state that it comes to, without end; the container may stop and be started meanwhile.
   * A state that lasts shorter than it takes to ask again may be left out, the last one never.
   * @throws {@link LxcError} `TIMED_OUT`, `ABORTED` by the signal
   */
  events(options: Abortable = {}): AsyncGenerator<StateChange, undefined> {
    return stateChanges(this.#id, options.signal);
  }

  /**
   * Makes another container of it.
   * @throws {@link LxcError} `NOT_DEFINED`, `ALREADY_DEFINED` for the name, `ALREADY_RUNNING` without `allowRunning`
   */
  async copy(name: string, options: CopyOptions = {}): Promise<Container> {
    const place = { ...this.#place, lxcpath: options.lxcpath ?? this.lxcpath };
    const id = idOf(name, place);
    await copyTo(this.#id, id, place, options);
    return new Container(id, place);
  }

  /**
   * A copy that shares with this one what neither changes, and is killed and destroyed at the end of an `await using`
   * scope. Many can be made at the same time, and run at the same time. A program that is killed leaves its own behind:
   * containers whose names begin with `tmp-`.
   * @throws {@link LxcError} as {@link Container.copy}
   */
  async ephemeral(options: Pick<CopyOptions, 'allowRunning' | 'signal'> = {}): Promise<TemporaryContainer> {
    const place = { ...this.#place, lxcpath: this.lxcpath };
    const id = idOf(temporaryName(), place);
    await copyTo(this.#id, id, place, { ...options, snapshot: true });
    return new TemporaryContainer(id, place);
  }

  /**
   * Gives it another name, and a handle for that. It must be stopped.
   * @throws {@link LxcError} `NOT_DEFINED`, `ALREADY_DEFINED`, `ALREADY_RUNNING`
   */
  async rename(name: string): Promise<Container> {
    const place = { ...this.#place, lxcpath: this.lxcpath };
    const id = idOf(name, place);
    const { log } = new Warnings(name);
    await this.#session((session) => renameContainer(session, this.#id, id, { hookArguments: [] }, log));
    return new Container(id, place);
  }

  /**
   * Removes it for good, with its root file system, by its `lxc.hook.destroy`.
   * @throws {@link LxcError} `NOT_DEFINED`; `ALREADY_RUNNING` without `force`; `FAILED` where it has clones or snapshots
   */
  destroy(options: DestroyOptions = {}): Promise<void> {
    const { force = false, snapshots = false } = options;
    mustBeDefined(this.#id);
    const { log } = new Warnings(this.name);
    return this.#session((session) => destroyContainer(session, this.#id, { force, snapshots }, log));
  }

  #end(wish: Omit<StopWish, 'seconds'>, { timeout = usualTimeout, signal }: StopOptions): Promise<boolean> {
    return inSession(this.#place, signal, (session) =>
      stopContainer(session, this.#id, { ...wish, seconds: timeout / 1000 }),
    );
  }

  /** What a start had made is taken apart by the process that made it. */
  async #afterAbort(signal: AbortSignal | undefined, error: unknown): Promise<never> {
    if (signal?.aborted === true)
      await new CommandSocket(this.#id).waitFor(new Set(['STOPPED']), AbortSignal.timeout(cleaningTimeout));
    throw error;
  }

  #session<T>(work: Parameters<typeof inSession<T>>[2]): Promise<T> {
    return inSession(this.#place, undefined, work);
  }
}

/** A container that goes with its scope: `await using`. */
export class TemporaryContainer extends Container implements AsyncDisposable {
  /** @internal */
  constructor(id: ContainerId, place: Place) {
    super(id, place);
  }

  /** Kills and destroys it; nothing happens where that has been done. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.isDefined) await this.destroy({ force: true, snapshots: true });
  }
}

async function make(id: ContainerId, options: CreateOptions): Promise<void> {
  if (isDefined(id))
    throw new LxcError(`Failed to create ${id.name}: there is a container of that name`, {
      code: 'ALREADY_DEFINED',
    });
  await inSession(options, options.signal, async (session) => {
    using wish = wishOf(session, options);
    await createContainer(session, id, wish.wish);
  });
  await sayAgain(new ConfigFile(id, options), options);
}

function temporaryName(): string {
  return `tmp-${randomBytes(6).toString('hex')}`;
}

const noDetails = { ips: false, stats: false };
const allDetails = { ips: true, stats: true };
