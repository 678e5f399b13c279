/** A command while it runs: a promise of its result, its streams, its lines, and the means to end it. */

import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { LxcError } from '../base/error.ts';
import type { Client } from '../run/in-process.ts';
import type { CommandOptions, ExecResult, NoOptions, Streams, TerminalSize } from './exec-options.ts';
import { Output } from './output.ts';
import { abortError } from './place.ts';
import { ExecError, type Outcome, type Status, signalNumber, type Why } from './result.ts';

/** A command, typed by nothing: what {@link Execution} is made of. */
export interface AnyExecution extends Promise<Outcome>, AsyncIterable<string>, AsyncDisposable {
  readonly stdin: Writable | undefined;
  readonly stdout: Readable | undefined;
  readonly stderr: Readable | undefined;
  kill(signal?: NodeJS.Signals | number): void;
  resize(size: TerminalSize): void;
}

/**
 * A command that runs. Awaited it is the result, iterated it is the lines of its standard output, and with `await using` it
 * is killed at the end of the scope if it still runs.
 *
 * @throws {@link ExecError} when awaited, or iterated to the end, unless `reject` is false
 */
export interface Execution<O = NoOptions>
  extends Promise<ExecResult<O>>,
    Streams<O>,
    AsyncIterable<string>,
    AsyncDisposable {
  /** Sends a signal to the command, `SIGTERM` where none is named; one that comes too early waits for the command. */
  kill(signal?: NodeJS.Signals | number): void;
  /** Tells the command that its terminal has another size; without `pty` nothing happens. */
  resize(size: TerminalSize): void;
}

/** What a command is made to run by. */
export interface Runner {
  readonly client: Client;
  /** Resolves when the command has ended. */
  readonly status: Promise<Status>;
  signal(number: number): void;
  resize(size: TerminalSize): void;
}

const usualMaxBuffer = 100 * 1024 * 1024;
const usualForceAfter = 5000;

/** The promise of its result, with all that can be done meanwhile. */
export function execution(command: readonly string[], options: CommandOptions, runner: Runner): AnyExecution {
  const running = new RunningCommand(command, options, runner);
  const { result, stdin, stdout, stderr } = running;
  return Object.assign(result, {
    stdin,
    stdout,
    stderr,
    kill: (signal?: NodeJS.Signals | number) => running.kill(signal),
    resize: (size: TerminalSize) => running.resize(size),
    [Symbol.asyncIterator]: () => running.lines(),
    [Symbol.asyncDispose]: () => running.end(),
  });
}

class RunningCommand {
  readonly stdin: Writable | undefined;
  readonly stdout: Readable | undefined;
  readonly stderr: Readable | undefined;
  readonly #command: readonly string[];
  readonly #options: CommandOptions;
  readonly #runner: Runner;
  readonly #kept: { readonly stdout: Output | undefined; readonly stderr: Output | undefined };
  readonly #since = performance.now();
  readonly #ended = new AbortController();
  readonly result: Promise<Outcome>;
  #overflow = false;

  constructor(command: readonly string[], options: CommandOptions, runner: Runner) {
    const { stdin, stdout, stderr } = runner.client.process;
    this.#command = command;
    this.#options = options;
    this.#runner = runner;
    this.stdin = options.stdin === 'pipe' ? (stdin ?? undefined) : undefined;
    [this.stdout, this.stderr] = [stdout ?? undefined, stderr ?? undefined];
    this.#kept = { stdout: this.#keep(this.stdout), stderr: this.#keep(this.stderr) };
    this.#feed(stdin ?? undefined);
    options.signal?.addEventListener('abort', () => this.#abort(), { signal: this.#ended.signal });
    this.result = this.#finish().finally(() => this.#ended.abort());
  }

  kill(signal: NodeJS.Signals | number = 'SIGTERM'): void {
    if (!this.#ended.signal.aborted) this.#runner.signal(signalNumber(signal));
  }

  resize(size: TerminalSize): void {
    if (!this.#ended.signal.aborted) this.#runner.resize(size);
  }

  async *lines(): AsyncGenerator<string, undefined> {
    // Whoever iterates hears of a failure at the end of the lines.
    this.result.catch(() => undefined);
    if (this.stdout !== undefined) yield* createInterface({ input: this.stdout, crlfDelay: Infinity });
    await this.result;
  }

  async end(): Promise<void> {
    this.kill('SIGKILL');
    await this.result.catch(() => undefined);
  }

  #keep(stream: Readable | undefined): Output | undefined {
    const { buffer = true, maxBuffer = usualMaxBuffer } = this.#options;
    if (stream === undefined || !buffer) return undefined;
    return new Output(stream, maxBuffer, () => this.#tooMuch());
  }

  #tooMuch(): void {
    this.#overflow = true;
    this.kill('SIGKILL');
  }

  /** A command need not read what it is given. */
  #feed(stdin: Writable | undefined): void {
    const { input } = this.#options;
    stdin?.on('error', () => undefined);
    if (input !== undefined) stdin?.end(input);
  }

  #abort(): void {
    const { killSignal = 'SIGTERM', forceKillAfter = usualForceAfter } = this.#options;
    this.kill(killSignal);
    if (!Number.isFinite(forceKillAfter)) return;
    const timer = setTimeout(() => this.kill('SIGKILL'), forceKillAfter);
    this.#ended.signal.addEventListener('abort', () => clearTimeout(timer));
  }

  async #finish(): Promise<Outcome> {
    const closed = once(this.#runner.client.process, 'close');
    try {
      const status = await this.#runner.status;
      await closed;
      return this.#judge(this.#outcome(status));
    } catch (error) {
      throw this.#blame(error);
    }
  }

  #outcome(status: Status): Outcome {
    return {
      command: this.#command,
      ...status,
      durationMs: performance.now() - this.#since,
      stdout: this.#text(this.#kept.stdout),
      stderr: this.#text(this.#kept.stderr),
      failed: status.exitCode !== 0,
    };
  }

  #text(output: Output | undefined): string | Buffer | undefined {
    return this.#options.encoding === 'buffer' ? output?.bytes : output?.text;
  }

  #judge(outcome: Outcome): Outcome {
    const why = this.#complaint(outcome);
    if (why === undefined || this.#options.reject === false) return outcome;
    throw new ExecError(outcome, why);
  }

  #complaint({ failed }: Outcome): Why | undefined {
    const { signal, maxBuffer = usualMaxBuffer } = this.#options;
    if (this.#overflow)
      return {
        code: 'TOO_MUCH_OUTPUT',
        message: `it wrote more than ${maxBuffer} bytes`,
        hint: 'read its streams, with buffer: false',
      };
    if (!failed) return undefined;
    if (signal?.aborted !== true) return { code: 'COMMAND_FAILED' };
    const { code, message, cause } = abortError(signal);
    return { code, message: `${message.charAt(0).toLowerCase()}${message.slice(1)}`, cause };
  }

  /** It never ran, or cannot be run. */
  #blame(error: unknown): unknown {
    const { signal } = this.#options;
    if (error instanceof ExecError || !(error instanceof LxcError)) return error;
    if (error.code !== 'NOT_EXECUTABLE') return signal?.aborted === true ? abortError(signal) : error;
    const outcome = this.#outcome({ exitCode: error.exit, signal: undefined });
    if (this.#options.reject === false) return error;
    const message = error.message.slice(error.message.indexOf(': ') + 2);
    return new ExecError(outcome, { code: error.code, message, hint: error.hint, cause: error });
  }
}
