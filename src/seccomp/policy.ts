/** A policy as data: what a file says, before it is known which machine it is for. */

import type { Origin } from '../base/error.ts';
import type { Action } from './action.ts';
import type { Condition } from './condition.ts';

export interface Rule {
  /** Name of a call; its number on the machine itself in a policy of version 1. */
  readonly call: string | number;
  readonly action: Action;
  /** All have to hold. */
  readonly conditions: readonly Condition[];
  readonly origin: Origin;
}

export interface PolicyNote {
  readonly message: string;
  readonly origin: Origin;
}

export interface Policy {
  /** Of the format. In version 1 calls of other interfaces than the machine's own are never allowed. */
  readonly version: 1 | 2;
  /** What happens to calls that no rule is about. */
  readonly unlisted: Action;
  readonly rules: readonly Rule[];
  readonly notes: readonly PolicyNote[];
}
