/** The cgroup hierarchies of a host as data: which are mounted where, and where the caller stands in them. */

export interface Hierarchy {
  /** As /proc/self/cgroup says it: `memory`, `cpu,cpuacct`, `name=systemd`; '' for the unified one. */
  readonly controllers: string;
  readonly version: 1 | 2;
  /** Where it is mounted: `/sys/fs/cgroup/memory`. */
  readonly mount: string;
  /** Cgroup of the caller, from the hierarchy's root: `/user.slice`. */
  readonly own: string;
  /** Cgroup of pid 1 without a trailing `init.scope`: where containers go unless they are relative. */
  readonly base: string;
  /** v2: what cgroup.controllers of the root offers. */
  readonly offers: readonly string[];
}

/** `unified`: v2 alone; `hybrid`: v1 with a v2 mount beside it; `legacy`: v1 alone; `none`: nothing mounted. */
export type LayoutKind = 'unified' | 'hybrid' | 'legacy' | 'none';

export interface CgroupFacts {
  readonly kind: LayoutKind;
  readonly hierarchies: readonly Hierarchy[];
  /** Cgroup directories that exist already, of those that the container's names could meet. */
  readonly taken: ReadonlySet<string>;
  /** v1 cpuset: values of the directory that the container's is made in. */
  readonly cpuset: { readonly cpus: string; readonly mems: string } | undefined;
  /** v2: controllers in cgroup.subtree_control, by directory. */
  readonly enabled: ReadonlyMap<string, readonly string[]>;
}
