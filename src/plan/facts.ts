/**
 * What a plan must know of the host, as data: `src/host/facts.ts` reads it, tests write it down. Only what the
 * configuration at hand makes necessary is read.
 */

import type { CgroupFacts } from '../cgroup/layout.ts';
import type { IdFacts, SharedIds } from './idmap.ts';
import type { LsmFacts } from './lsm/facts.ts';
import type { NamespaceName } from './namespaces.ts';
import type { Draw } from './network/index.ts';
import type { NetworkFacts } from './network-contract.ts';
import type { SeccompFacts } from './seccomp.ts';

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

/** What a block device or an image file holds. */
export interface Volume {
  /** File systems to try; several where what it holds is not known. */
  readonly types: readonly string[];
  /** What it is known to hold instead of a file system. */
  readonly holds: { readonly what: string; readonly hint: string | undefined } | undefined;
}

/** Of storage other than directories. */
export interface StorageFacts {
  /** Of the root file system; absent where nothing can be read yet. */
  readonly volume: Volume | undefined;
  /** The file systems of block devices that this kernel has loaded. */
  readonly kernelTypes: readonly string[];
  readonly hasZfs: boolean;
  /** A network block device that nobody uses. */
  readonly freeNbd: string | undefined;
  /** Programs in the caller's PATH, by name. */
  readonly tools: ReadonlyMap<string, string>;
}

export const noStorage: StorageFacts = {
  volume: undefined,
  kernelTypes: [],
  hasZfs: false,
  freeNbd: undefined,
  tools: new Map(),
};

export interface HostFacts {
  readonly cgroups: CgroupFacts;
  /** The namespaces that this kernel has. */
  readonly namespaces: ReadonlySet<NamespaceName>;
  readonly lastCapability: number;
  /** Its version. */
  readonly kernel: readonly [major: number, minor: number];
  readonly lsm: LsmFacts;
  readonly ids: IdFacts;
  /** Of the user namespace that the container is to share. */
  readonly sharedIds?: SharedIds | undefined;
  /** Every path that the plan asks about; absent: nothing is there. */
  readonly paths: ReadonlyMap<string, PathFact>;
  /** Those directories of `lxc.mount.auto = shmounts` that lie on a mount which the host shares. */
  readonly sharedPaths: ReadonlySet<string>;
  /** Texts of the files that the plan reads: `lxc.mount.fstab`. */
  readonly files: ReadonlyMap<string, string>;
  /** Absent: there is none, or the configuration wants none. */
  readonly view?: ViewMount | undefined;
  /** Absent for root file systems in directories. */
  readonly storage?: StorageFacts | undefined;
  /** Absent: the container has no policy. */
  readonly seccomp?: SeccompFacts | undefined;
  readonly network: NetworkFacts;
  /** Random numbers below a limit, for names and addresses that are to be random. */
  readonly draw: Draw;
}
