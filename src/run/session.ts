/**
 * A session is one caller at work: what it said in HELLO and what can be asked of it. Commands see the world only
 * through it: never process.cwd, process.env, process.exit, because a daemon serves many callers at once.
 */

import type { Grounds } from '../base/grounds.ts';
import type { Laps } from '../base/laps.ts';
import type { Program } from '../wire/program.ts';
import type { ReportPart } from '../wire/report.ts';
import type { HelperTimes } from '../wire/trace.ts';

export interface Terminals {
  readonly stdin: boolean;
  readonly stdout: boolean;
  readonly stderr: boolean;
}

/** Of a terminal, in characters. */
export interface Window {
  readonly rows: number;
  readonly columns: number;
}

/** How a command ends; with a signal other than 0 the caller ends itself by it. */
export interface Exit {
  readonly status: number;
  readonly signal: number;
}

/** An op that did not do its work although the program went on, or an inverse that failed. */
export interface RunNote {
  readonly list: number;
  readonly index: number;
  readonly errno: number;
  readonly detail: string;
}

/** RESULT as it came; `value` is init's pid (ok) or a wait status (exited). */
export interface RunResult {
  readonly kind: 'ok' | 'failed' | 'exited';
  readonly list: number;
  readonly index: number;
  readonly errno: number;
  readonly value: number;
  readonly detail: string;
  readonly notes: readonly RunNote[];
}

/** A program stands at a `call` op. */
export interface Call {
  readonly index: number;
  /** 0 before init is cloned. */
  readonly initPid: number;
  readonly what: string;
}

/** Does what a `call` asks for; throwing aborts the program. */
export type CallHandler = (call: Call) => Promise<void>;

export interface SpawnRequest {
  readonly argv: readonly string[];
  /** The whole environment; the session's own where absent. */
  readonly env?: Readonly<Record<string, string>>;
  /** The caller's directory where absent. */
  readonly cwd?: string;
  /**
   * `inherit` (the default) is the caller's terminal, `capture` returns stdout and stderr together. With `become` the
   * caller's process goes on as the program: an answer comes only when it cannot. With `beside` several run at a time,
   * on the caller's stdout and stderr, with nothing to read.
   */
  readonly stdio?: 'inherit' | 'capture' | 'become' | 'beside';
  readonly stdin?: Uint8Array;
}

export interface Spawned {
  /** Exit status, or 128 + the signal that ended it; 127 and 126 when it could not be started. */
  readonly status: number;
  readonly output: string;
}

export type Input =
  | { readonly kind: 'bytes'; readonly bytes: Buffer }
  | { readonly kind: 'end' }
  | { readonly kind: 'signal'; readonly signal: number }
  | { readonly kind: 'window'; readonly rows: number; readonly columns: number };

export interface TracedResult {
  readonly result: RunResult;
  readonly times: HelperTimes;
}

export interface LastOptions {
  readonly onCall?: CallHandler;
  /** `grounds` are all that the program rests on: its caller may run it again as long as they hold. */
  readonly isGrounded?: boolean;
  /** Words of the command that stand for themselves alone: with another the program is the same, that one in its place. */
  readonly free?: readonly string[];
}

export interface Session {
  readonly argv: readonly string[];
  /** `''` when the caller's directory was deleted. */
  readonly cwd: string;
  readonly env: Readonly<Record<string, string>>;
  readonly umask: number;
  readonly uid: number;
  readonly gid: number;
  readonly isatty: Terminals;
  readonly window: Window;
  /** The caller's process. */
  readonly pid: number;
  /** Aborted when the caller has gone. */
  readonly signal: AbortSignal;
  /** What the answer to this caller rests on, as far as it was looked at through here. */
  readonly grounds: Grounds;
  /** When this side did what. */
  readonly laps: Laps;
  out(text: string | Uint8Array): void;
  err(text: string | Uint8Array): void;
  /**
   * All that a command has to say, once. With `again` its caller may give it anew by itself as long as the grounds hold: the
   * same text in parts, its numbers by where they are read.
   */
  report(text: string, again: readonly ReportPart[] | undefined): void;
  /** A line for the system's log, its priority in front: `<27>lxc-start[4711]: text`. */
  syslog(line: string): void;
  /** A path as the caller means it. */
  resolve(path: string): string;
  /** Have the caller's process execute a program. */
  run(program: Program, onCall?: CallHandler): Promise<RunResult>;
  /**
   * The same with a program that changes nothing. What it finds the caller of this has in `grounds`, or spoils them.
   */
  look(program: Program): Promise<RunResult>;
  /** The same as `run`, and nothing will be said after its success: the caller's process need not wait for our EXIT. */
  runLast(program: Program, options?: LastOptions): Promise<RunResult>;
  /** The same as `run`, and when each op was done. */
  runTraced(program: Program, onCall?: CallHandler): Promise<TracedResult>;
  /** Have the caller's process run a host program. */
  spawn(request: SpawnRequest): Promise<Spawned>;
  /**
   * Standard input, signals and window changes from now on. With a `farewell` keys come as they are pressed, and however the
   * caller ends, his terminal is as before and is told the farewell.
   */
  want(farewell?: string): AsyncIterable<Input>;
  /** Ask the daemon behind this session to leave when its sessions are done; false in a cold brain. */
  stopDaemon(): boolean;
}
