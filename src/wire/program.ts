/**
 * A Program: a start, an attach or a clean-up as data. The plan makes it, `--plan` prints it, the helper
 * executes it. Each op knows the configuration line it comes from and how it is undone.
 */

import type { Origin } from '../base/error.ts';
import type { afterRun, exitRules } from './frames.ts';
import type { Op } from './ops.ts';

/** Why an op stands in the program. */
export interface Provenance {
  /** The configuration key (`lxc.mount.entry`), or a short word such as `start` where no key asked. */
  readonly key: string;
  readonly origin?: Origin | undefined;
  /** What fails when it fails, for `Failed to ...`: `bind /srv/data on srv/data`. */
  readonly act: string;
}

export type PlannedOp = Op & {
  readonly why: Provenance;
  /** A failure is noted and the program goes on. */
  readonly optional?: boolean;
  /** Inverses, recorded before the op runs; run backwards on failure or when the container ends. */
  readonly undo?: readonly Op[];
};

export interface Program {
  readonly parent: readonly PlannedOp[];
  readonly child: readonly PlannedOp[];
  readonly settings: readonly Op[];
  readonly after: keyof typeof afterRun;
  readonly exit: keyof typeof exitRules;
}
