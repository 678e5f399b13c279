/** What a plan is for those who run it: the program, remarks for the user, and the outcome of hooks. */

import type { Origin } from '../base/error.ts';
import type { Program, Provenance } from '../wire/program.ts';

/** Something the user should know though the start goes on: an ignored mount, a translated key. */
export interface PlanNote {
  readonly key: string;
  readonly message: string;
  readonly origin: Origin | undefined;
  /** For the log alone: it is as most would expect. */
  readonly level?: 'INFO';
}

export interface StartPlan {
  readonly program: Program;
  readonly notes: readonly PlanNote[];
}

/** A failed op as RESULT tells it, also one of its notes about optional ops. */
export interface OpFailure {
  /** A number of `lists`. */
  readonly list: number;
  readonly index: number;
  readonly errno: number;
  readonly detail: string;
}

export const hookTypes = [
  'pre-start',
  'pre-mount',
  'mount',
  'autodev',
  'start-host',
  'start',
  'stop',
  'post-stop',
  'clone',
  'destroy',
] as const;

export type HookType = (typeof hookTypes)[number];

/** What only the moment of running tells a hook. */
export interface HookContext {
  /** Pid of init, once there is one. */
  readonly initPid?: number | undefined;
  /** Why the container ends, for stop and post-stop. */
  readonly target?: 'stop' | 'reboot' | undefined;
  /** Paths of the held namespaces, for stop: `{ net: '/proc/4711/fd/9' }`. */
  readonly namespaces?: ReadonlyMap<string, string> | undefined;
  /** LXC_SRC_NAME, for clone. */
  readonly source?: string | undefined;
  /** Arguments added at the end, for clone. */
  readonly extra?: readonly string[] | undefined;
}

/** One hook, to be run as `/bin/sh -c text`. */
export interface HookCommand {
  readonly text: string;
  /** The whole environment, `NAME=VALUE`. */
  readonly env: readonly string[];
  readonly why: Provenance;
}
