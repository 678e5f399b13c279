/**
 * What a plan must know of the host, as data: `src/host/facts.ts` reads it, tests write it down. Only what the
 * configuration at hand makes necessary is read.
 */

import type { CgroupFacts } from '../cgroup/layout.ts';
import type { IdFacts } from './idmap.ts';
import type { NamespaceName } from './namespaces.ts';
import type { Draw } from './network/index.ts';
import type { NetworkFacts } from './network-contract.ts';

/** What a path leads to, links followed. */
export interface PathFact {
  readonly kind: 'directory' | 'file' | 'character' | 'block' | 'other';
  /** Device number of a device node: major and minor. */
  readonly device: { readonly major: number; readonly minor: number } | undefined;
}

/** A mount of the proc view. */
export interface ViewMount {
  readonly at: string;
  /** Ours, with files that LXCFS lacks. */
  readonly own: boolean;
  /** It has a tree for each container of ours, by its name. */
  readonly byName: boolean;
}

export interface HostFacts {
  readonly cgroups: CgroupFacts;
  /** The namespaces that this kernel has. */
  readonly namespaces: ReadonlySet<NamespaceName>;
  readonly lastCapability: number;
  readonly appArmor: boolean;
  readonly ids: IdFacts;
  /** Every path that the plan asks about; absent: nothing is there. */
  readonly paths: ReadonlyMap<string, PathFact>;
  /** Texts of the files that the plan reads: `lxc.mount.fstab`. */
  readonly files: ReadonlyMap<string, string>;
  /** Absent: there is none, or the configuration wants none. */
  readonly view?: ViewMount | undefined;
  readonly network: NetworkFacts;
  /** Random numbers below a limit, for names and addresses that are to be random. */
  readonly draw: Draw;
}
