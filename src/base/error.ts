/**
 * The one error class of the project. A message says: act, object, reason; `hint` is the next move and
 * `origin` the configuration line to blame. Only `cli/main.ts` prints errors.
 */

/** A place in a configuration: the file as the user named it and the line, counted from 1. */
export interface Origin {
  readonly file: string;
  readonly line: number;
}

/** What went wrong, for programs: messages may be worded anew, codes stay. */
export const errorCodes = [
  /** The kernel, a hook or a file refused; the message says which. */
  'FAILED',
  /** An argument of a function is not what it takes. */
  'INVALID_ARGUMENT',
  /** A configuration cannot be read; `origin` has the line where there is one. */
  'INVALID_CONFIG',
  /** There is no container of that name. */
  'NOT_DEFINED',
  /** There is one already. */
  'ALREADY_DEFINED',
  /** The container is stopped. */
  'NOT_RUNNING',
  /** The container runs, and must not for this. */
  'ALREADY_RUNNING',
  /** Whoever asks may not. */
  'NOT_PERMITTED',
  /** A command was not found in the container, or cannot be executed. */
  'NOT_EXECUTABLE',
  /** A command ended with another status than 0, or by a signal. */
  'COMMAND_FAILED',
  /** More output than `maxBuffer`. */
  'TOO_MUCH_OUTPUT',
  /** The time is over. */
  'TIMED_OUT',
  /** An AbortSignal ended it. */
  'ABORTED',
  /** The package is not whole: its helper is missing or is for another machine. */
  'NOT_INSTALLED',
] as const;

export type LxcErrorCode = (typeof errorCodes)[number];

export interface LxcErrorOptions {
  /** `FAILED` where absent. */
  readonly code?: LxcErrorCode | undefined;
  readonly origin?: Origin | undefined;
  /** The next move for the user, without a full stop. */
  readonly hint?: string | undefined;
  /** Exit status of a command that ends with this error; 1 unless the tool's manual says otherwise. */
  readonly exit?: number | undefined;
  readonly cause?: unknown;
}

export class LxcError extends Error {
  override readonly name: string = 'LxcError';
  /** For programs; never changes its meaning. */
  readonly code: LxcErrorCode;
  /** The line of a configuration to blame. */
  readonly origin: Origin | undefined;
  /** The next move, without a full stop. */
  readonly hint: string | undefined;
  /** Exit status of a command that ends with this error. */
  readonly exit: number;

  constructor(message: string, options: LxcErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = options.code ?? 'FAILED';
    this.origin = options.origin;
    this.hint = options.hint;
    this.exit = options.exit ?? 1;
  }

  /** `foo.conf:12: message; hint`: the one line that a user sees. */
  override toString(): string {
    const place = this.origin === undefined ? '' : `${showOrigin(this.origin)}: `;
    return `${place}${this.message}${this.hint === undefined ? '' : `; ${this.hint}`}`;
  }
}

export function showOrigin(origin: Origin): string {
  return `${origin.file}:${origin.line}`;
}
