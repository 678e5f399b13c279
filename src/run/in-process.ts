/**
 * A session whose brain is this very process: what a program that uses the library has. It speaks for the process
 * itself; where a program has to be executed, a client of its own is started, with the protocol on fd 3.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { Socket } from 'node:net';
import { resolve as resolvePath } from 'node:path';
import { buildId } from '../base/build.ts';
import { errnoCode, reason } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import { Grounds } from '../base/grounds.ts';
import { installRoot } from '../base/install.ts';
import { Laps } from '../base/laps.ts';
import type { Program } from '../wire/program.ts';
import { type SteeredSession, serve } from './connection.ts';
import { InputQueue } from './input.ts';
import { socketLine } from './line.ts';
import type {
  CallHandler,
  Exit,
  Input,
  LastOptions,
  RunResult,
  Session,
  Spawned,
  SpawnRequest,
  TracedResult,
} from './session.ts';

/** What becomes of a standard stream of the client, and so of a command that it runs. */
export type Stream = 'pipe' | 'inherit' | 'ignore';

export interface ClientOptions {
  /** The whole environment, for hooks and templates too; that of this process where absent. */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Directory that relative paths start in; that of this process where absent. */
  readonly cwd?: string | undefined;
  /** All three ignored where absent. */
  readonly stdio?: readonly [stdin: Stream, stdout: Stream, stderr: Stream] | undefined;
}

const ignored = ['ignore', 'ignore', 'ignore'] as const;
const done: Exit = { status: 0, signal: 0 };

/** A client of ours: its process, and what it can be asked for. */
export class Client {
  readonly process: ChildProcess;
  /** Rejects where the helper cannot be started. */
  readonly session: Promise<SteeredSession>;
  readonly #exit = Promise.withResolvers<Exit>();

  constructor({ env, cwd, stdio = ignored }: ClientOptions) {
    const helper = `${installRoot}/bin/lxc-ts`;
    const ready = Promise.withResolvers<SteeredSession>();
    this.session = ready.promise;
    // Whoever asks hears of it; nobody has to.
    this.session.catch(() => undefined);
    this.process = spawn(helper, ['--brain-fd', '3', 'lxc-ts'], { env, cwd, stdio: [...stdio, 'pipe'] });
    this.process.once('error', (error) => ready.reject(notStarted(helper, error)));
    const socket = this.process.stdio[3];
    if (!(socket instanceof Socket)) return;
    const served = serve(socketLine(socket), {
      // The sources go with whatever helper was built from them.
      buildId: buildId === 'source' ? undefined : buildId,
      isShared: false,
      isPrompt: () => false,
      took: () => {},
      keep: () => {},
      stop: () => false,
      command: (session) => {
        ready.resolve(session);
        return this.#exit.promise;
      },
      end: () => Promise.resolve(done),
    });
    void served.then(() => ready.reject(new LxcError(`Failed to talk to ${helper}: it has gone`)));
  }

  /** Nothing more is asked: it ends, or goes on alone as the monitor of a container in the foreground. */
  leave(): void {
    this.#exit.resolve(done);
  }
}

function notStarted(helper: string, error: Error): LxcError {
  const hints: Readonly<Record<string, string>> = {
    ENOENT: 'npm run build makes it in a checkout',
    ENOEXEC: `the package was made for another machine than ${process.arch}; pack it on one of this kind`,
  };
  return new LxcError(`Failed to start ${helper}: ${reason(error)}`, {
    code: 'NOT_INSTALLED',
    hint: hints[errnoCode(error) ?? ''],
    cause: error,
  });
}

export interface InProcessOptions extends ClientOptions {
  /** Ends what goes on, as if the caller had gone. */
  readonly signal?: AbortSignal | undefined;
}

/** Starts its client when there is something to execute; most questions need none. */
export class InProcess implements Session, Disposable {
  readonly argv: readonly string[] = ['lxc-ts'];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly umask = process.umask();
  readonly uid = process.getuid?.() ?? 0;
  readonly gid = process.getgid?.() ?? 0;
  readonly isatty = { stdin: false, stdout: false, stderr: false };
  readonly window = { rows: 0, columns: 0 };
  readonly signal: AbortSignal;
  readonly grounds = new Grounds();
  readonly laps = new Laps();
  readonly #options: ClientOptions;
  readonly #left = new AbortController();
  #client: Client | undefined;

  constructor({ signal, ...options }: InProcessOptions = {}) {
    this.cwd = resolvePath(options.cwd ?? process.cwd());
    this.env = options.env ?? ownEnvironment();
    this.#options = { ...options, cwd: this.cwd, env: this.env };
    this.signal = signal ?? new AbortController().signal;
    this.signal.addEventListener('abort', () => this.#client?.process.kill(), { signal: this.#left.signal });
  }

  /** That of the client from {@link client} on: what is read of a caller in /proc is the same for both. */
  get pid(): number {
    return this.#client?.process.pid ?? process.pid;
  }

  get client(): Client {
    this.signal.throwIfAborted();
    this.#client ??= new Client(this.#options);
    return this.#client;
  }

  /** For a person at a terminal, whom a library does not talk to: what matters is thrown. */
  out(): void {}
  err(): void {}
  report(): void {}
  syslog(line: string): void {
    void this.client.session.then((session) => session.syslog(line));
  }

  resolve(path: string): string {
    return resolvePath(this.cwd, path);
  }

  async run(program: Program, onCall?: CallHandler): Promise<RunResult> {
    return (await this.client.session).run(program, onCall);
  }

  async look(program: Program): Promise<RunResult> {
    return (await this.client.session).look(program);
  }

  async runLast(program: Program, options?: LastOptions): Promise<RunResult> {
    return (await this.client.session).runLast(program, options);
  }

  async runTraced(program: Program, onCall?: CallHandler): Promise<TracedResult> {
    return (await this.client.session).runTraced(program, onCall);
  }

  async spawn(request: SpawnRequest): Promise<Spawned> {
    return (await this.client.session).spawn(request);
  }

  /** Its streams belong to the command that runs. */
  want(): AsyncIterable<Input> {
    const nothing = new InputQueue();
    nothing.end();
    return nothing;
  }

  stopDaemon(): boolean {
    return false;
  }

  [Symbol.dispose](): void {
    this.#left.abort();
    this.#client?.leave();
  }
}

function ownEnvironment(): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(process.env).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]])),
  );
}
