/** What an ended command is: its status, its output, and the error that a failure is thrown as. */

import { constants } from 'node:os';
import { LxcError, type LxcErrorCode } from '../base/error.ts';

/** What becomes of a standard stream: a stream of Node.js, that of this process, or nothing. */
export type StreamKind = 'pipe' | 'inherit' | 'ignore';

/** How a command ended. */
export interface Status {
  /** 0 to 255; `undefined` where a signal ended it. */
  readonly exitCode: number | undefined;
  /** The name of the signal that ended it, such as `SIGKILL`, or `SIG35` for one without a name. */
  readonly signal: string | undefined;
}

/** What is known of a command that has ended. */
export interface Outcome extends Status {
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** From the call to the end, in milliseconds. */
  readonly durationMs: number;
  /** Whole standard output; `undefined` where it was not kept. */
  readonly stdout: string | Buffer | undefined;
  /** Whole standard error; `undefined` where it was not kept. */
  readonly stderr: string | Buffer | undefined;
  /** It ended with another status than 0, or by a signal. */
  readonly failed: boolean;
}

/**
 * A command that failed, thrown by `exec` and `run`: `NOT_EXECUTABLE`, `COMMAND_FAILED`, `TOO_MUCH_OUTPUT`, `TIMED_OUT` or
 * `ABORTED`. It has all that a result has.
 */
export class ExecError extends LxcError implements Outcome {
  override readonly name: string = 'ExecError';
  /** The program and its arguments. */
  readonly command: readonly string[];
  /** 0 to 255; `undefined` where a signal ended it. */
  readonly exitCode: number | undefined;
  /** The name of the signal that ended it. */
  readonly signal: string | undefined;
  /** From the call to the end, in milliseconds. */
  readonly durationMs: number;
  /** What it wrote until then; `undefined` where it was not kept. */
  readonly stdout: string | Buffer | undefined;
  /** What it wrote until then; `undefined` where it was not kept. */
  readonly stderr: string | Buffer | undefined;
  /** Always true. */
  readonly failed = true;

  /** @internal */
  constructor(outcome: Outcome, why: Why) {
    super(messageOf(outcome, why), { code: why.code, hint: why.hint, cause: why.cause });
    this.command = outcome.command;
    this.exitCode = outcome.exitCode;
    this.signal = outcome.signal;
    this.durationMs = outcome.durationMs;
    this.stdout = outcome.stdout;
    this.stderr = outcome.stderr;
  }
}

/** Why an outcome is a failure. */
export interface Why {
  readonly code: LxcErrorCode;
  /** Absent: how it ended is said. */
  readonly message?: string | undefined;
  readonly hint?: string | undefined;
  readonly cause?: unknown;
}

function messageOf({ command, exitCode, signal, stderr }: Outcome, { message }: Why): string {
  const how = signal === undefined ? `it exited with status ${exitCode}` : `${signal} ended it`;
  const last = stderr === undefined ? '' : (stderr.toString().trimEnd().split('\n').at(-1) ?? '');
  const said = last === '' ? '' : ` (${last})`;
  return `Failed to run ${command[0] ?? ''}: ${message ?? how}${message === undefined ? said : ''}`;
}

/** A wait status, as the kernel gives it. */
export function statusOf(wait: number): Status {
  const number = wait & 0x7f;
  return number === 0
    ? { exitCode: (wait >> 8) & 0xff, signal: undefined }
    : { exitCode: undefined, signal: signalName(number) };
}

export function signalName(number: number): string {
  const found = Object.entries(constants.signals).find(([, value]) => value === number);
  return found?.[0] ?? `SIG${number}`;
}

/** 15 for `SIGTERM` and for 15. */
export function signalNumber(signal: NodeJS.Signals | number): number {
  return typeof signal === 'number' ? signal : constants.signals[signal];
}
