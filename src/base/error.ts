/**
 * The one error class of the project. A message says: act, object, reason; `hint` is the next move and
 * `origin` the configuration line to blame. Only `cli/main.ts` prints errors.
 */

/** A place in a configuration: the file as the user named it and the line, counted from 1. */
export interface Origin {
  readonly file: string;
  readonly line: number;
}

export interface LxcErrorOptions {
  readonly origin?: Origin | undefined;
  /** The next move for the user, without a full stop. */
  readonly hint?: string | undefined;
  /** Exit status of a command that ends with this error; 1 unless the tool's manual says otherwise. */
  readonly exit?: number | undefined;
  readonly cause?: unknown;
}

export class LxcError extends Error {
  override readonly name = 'LxcError';
  readonly origin: Origin | undefined;
  readonly hint: string | undefined;
  readonly exit: number;

  constructor(message: string, options: LxcErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
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
