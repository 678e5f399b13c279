/**
 * What a plan must know of the host, as data: `src/host/facts.ts` reads it, tests write it down. Only what the
 * configuration at hand makes necessary is read.
 */

import type { CgroupFacts } from '../cgroup/layout.ts';
import type { NamespaceName } from './namespaces.ts';
import type { NetworkFacts } from './network-contract.ts';

/** What a path leads to, links followed. */
export interface PathFact {
  readonly kind: 'directory' | 'file' | 'character' | 'block' | 'other';
  /** Device number of a device node: major and minor. */
  readonly device: { readonly major: number; readonly minor: number } | undefined;
  readonly executable: boolean;
}

export interface HostFacts {
  /** `[6, 18]` of `6.18.5-1-amd64`. */
  readonly kernel: readonly [major: number, minor: number];
  readonly cgroups: CgroupFacts;
  /** The namespaces that this kernel has. */
  readonly namespaces: ReadonlySet<NamespaceName>;
  readonly lastCapability: number;
  readonly appArmor: boolean;
  /** Where a root file system is mounted if `lxc.rootfs.mount` does not say it. */
  readonly rootfsMount: string;
  /** Every path that the plan asks about; absent: nothing is there. */
  readonly paths: ReadonlyMap<string, PathFact>;
  /** Texts of the files that the plan reads: `lxc.mount.fstab`. */
  readonly files: ReadonlyMap<string, string>;
  readonly network: NetworkFacts;
}
