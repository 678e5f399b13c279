/** What the parts of a plan share: the three inputs, the decisions that several parts need, and the notes. */

import type { CgroupPlan } from '../cgroup/plan.ts';
import type { Config, RawEntry } from '../config/index.ts';
import type { Capabilities } from './capabilities.ts';
import type { HostFacts } from './facts.ts';
import type { Ids } from './idmap.ts';
import type { AppArmor } from './lsm/apparmor.ts';
import type { Spaces } from './namespaces.ts';
import type { StartRequest } from './request.ts';
import type { Root } from './rootfs.ts';
import type { Filter } from './seccomp.ts';
import type { PlanNote } from './types.ts';

export interface Inputs {
  readonly config: Config;
  readonly request: StartRequest;
  readonly facts: HostFacts;
  /** Grows while the plan is made. */
  readonly notes: PlanNote[];
}

export interface Context extends Inputs {
  readonly root: Root;
  /** Absent where the container has the ids of the host. */
  readonly ids: Ids | undefined;
  readonly spaces: Spaces;
  readonly capabilities: Capabilities;
  readonly filter: Filter | undefined;
  /** Absent where AppArmor is off. */
  readonly appArmor: AppArmor | undefined;
  readonly cgroups: CgroupPlan;
}

export function note({ notes }: Inputs, entry: RawEntry, message: string): void {
  notes.push({ key: entry.key, message, origin: entry.origin });
}
