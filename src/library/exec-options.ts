/** The options of a command in a container, and the types of its streams and its result that follow from them. */

import type { Readable, Writable } from 'node:stream';
import type { Abortable } from './place.ts';
import type { Outcome, StreamKind } from './result.ts';

/** Options of every command. */
export interface CommandOptions extends Abortable {
  /** Written to standard input, which is then closed. */
  readonly input?: string | Uint8Array | undefined;
  /** `ignore` where absent, and `pipe` with `input`. */
  readonly stdin?: StreamKind | undefined;
  /** `pipe` where absent. */
  readonly stdout?: StreamKind | undefined;
  /** `pipe` where absent. */
  readonly stderr?: StreamKind | undefined;
  /**
   * `utf8`, the default: output is text without the last line end. `buffer`: output is the bytes as they came.
   */
  readonly encoding?: 'utf8' | 'buffer' | undefined;
  /** False keeps no output: it is read from the streams, or not at all. True where absent. */
  readonly buffer?: boolean | undefined;
  /** Bytes of each stream that are kept at most, 100 MiB where absent; the command is killed when there are more. */
  readonly maxBuffer?: number | undefined;
  /** False: a command that fails is a result, not an error. True where absent. */
  readonly reject?: boolean | undefined;
  /** What the command is sent when `signal` is aborted; `SIGTERM` where absent. */
  readonly killSignal?: NodeJS.Signals | number | undefined;
  /** Milliseconds from `killSignal` to `SIGKILL`; 5000 where absent, Infinity for never. */
  readonly forceKillAfter?: number | undefined;
}

/** The size of a terminal in characters. */
export interface TerminalSize {
  readonly rows: number;
  readonly columns: number;
}

/** A restriction of the container that a command is to be free of. */
export type Freedom = 'cgroup' | 'capabilities' | 'lsm';

/** A namespace by its name in `/proc/PID/ns`. */
export type Namespace = 'mnt' | 'pid' | 'uts' | 'ipc' | 'user' | 'net' | 'cgroup' | 'time';

/** Options of a command in a running container. */
export interface ExecOptions extends CommandOptions {
  /**
   * Variables besides a PATH, `container=lxc` and those of `lxc.environment`. Nothing of `process.env` goes along
   * that is not named here.
   */
  readonly env?: Readonly<Record<string, string>> | undefined;
  /** Absolute path inside; must be there. `/` where absent. */
  readonly cwd?: string | undefined;
  /** User id inside; where absent that of root, or of init in a container without root. */
  readonly uid?: number | undefined;
  /** Group id inside; where absent as for `uid`. */
  readonly gid?: number | undefined;
  /**
   * A terminal of this size, 24 by 80 for `true`, as standard streams of the command: `stdin` types, `stdout` shows, the
   * end of `stdin` types Ctrl-D.
   */
  readonly pty?: boolean | TerminalSize | undefined;
  /** Restrictions of the container that the command is free of; none where absent. */
  readonly elevated?: readonly Freedom[] | undefined;
  /** Enter only these; where absent all that are not those of this process. */
  readonly namespaces?: readonly Namespace[] | undefined;
}

/** No option is given. */
export type NoOptions = Readonly<Record<never, never>>;

type Encoded<E> = E extends 'buffer' ? Buffer : string;
type Kept<B, S, T> = B extends false ? undefined : S extends 'inherit' | 'ignore' ? undefined : T;
type TextOf<O> = Encoded<O extends { readonly encoding?: infer E } ? E : undefined>;
type BufferOf<O> = O extends { readonly buffer?: infer B } ? B : undefined;
type KindOf<O, S extends string> = O extends { readonly [K in S]?: infer T } ? T : undefined;
type Written<S> = unknown extends S
  ? undefined
  : [S] extends ['pipe']
    ? Writable
    : 'pipe' extends S
      ? Writable | undefined
      : undefined;
type Piped<S, T> = S extends 'inherit' | 'ignore' ? undefined : T;

/** What is known of a command that has ended; outputs have the types that the options ask for. */
export interface ExecResult<O = NoOptions> extends Outcome {
  /** Whole standard output: text, bytes with `encoding: 'buffer'`, `undefined` where it was not kept. */
  readonly stdout: Kept<BufferOf<O>, KindOf<O, 'stdout'>, TextOf<O>>;
  /** Whole standard error, as `stdout`. */
  readonly stderr: Kept<BufferOf<O>, KindOf<O, 'stderr'>, TextOf<O>>;
}

/** The standard streams of a command; those that are not piped are `undefined`. */
export interface Streams<O = NoOptions> {
  /** Written to the command; there with `stdin: 'pipe'`. */
  readonly stdin: Written<KindOf<O, 'stdin'>>;
  /** Read from the command, with its back pressure. */
  readonly stdout: Piped<KindOf<O, 'stdout'>, Readable>;
  /** Read from the command, with its back pressure. */
  readonly stderr: Piped<KindOf<O, 'stderr'>, Readable>;
}
