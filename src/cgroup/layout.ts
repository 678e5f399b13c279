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

export interface CgroupLayout {
  readonly kind: LayoutKind;
  readonly hierarchies: readonly Hierarchy[];
  /** Controllers of the hierarchies in which an ordinary user has no cgroup of his own. */
  readonly withheld?: readonly string[];
}

export interface CgroupFacts extends CgroupLayout {
  /** Cgroup directories that exist already, of those that the container's names could meet. */
  readonly taken: ReadonlySet<string>;
  /** v1 cpuset: values of the directory that the container's is made in. */
  readonly cpuset: { readonly cpus: string; readonly mems: string } | undefined;
  /** v2: controllers in cgroup.subtree_control, by directory. */
  readonly enabled: ReadonlyMap<string, readonly string[]>;
}

interface Mounted {
  readonly version: 1 | 2;
  readonly root: string;
  readonly mount: string;
  readonly options: readonly string[];
}

interface Texts {
  /** /proc/self/mountinfo */
  readonly mountinfo: string;
  /** /proc/PID/cgroup of the caller and of pid 1. */
  readonly own: string;
  readonly init: string;
  /** cgroup.controllers of a v2 mount. */
  offers(mount: string): string;
}

let lastMounted: { readonly mountinfo: string; readonly mounts: readonly Mounted[] } | undefined;

/** A host's mounts seldom change between two starts. */
function mountedAnew(mountinfo: string): readonly Mounted[] {
  const mounts = mountedCgroups(mountinfo);
  lastMounted = { mountinfo, mounts };
  return mounts;
}

export function readLayout({ mountinfo, own, init, offers }: Texts): CgroupLayout {
  const ownPaths = cgroupPaths(own);
  const initPaths = cgroupPaths(init);
  const mounted = lastMounted?.mountinfo === mountinfo ? lastMounted.mounts : mountedAnew(mountinfo);
  const hierarchies = [...initPaths].flatMap(([controllers, base]): Hierarchy[] => {
    const found = mounted.find((one) => carries(one, controllers));
    if (found === undefined) return [];
    const { version, root, mount } = found;
    return [
      {
        controllers,
        version,
        mount,
        own: below(root, ownPaths.get(controllers) ?? '/'),
        base: below(root, base.replace(/\/init\.scope$/, '') || '/'),
        offers: version === 2 ? words(offers(mount)) : [],
      },
    ];
  });
  return { kind: kindOf(hierarchies), hierarchies };
}

function kindOf(hierarchies: readonly Hierarchy[]): LayoutKind {
  const versions = new Set(hierarchies.map(({ version }) => version));
  if (versions.size === 2) return 'hybrid';
  if (versions.has(2)) return 'unified';
  return versions.has(1) ? 'legacy' : 'none';
}

/** `7:blkio:/` becomes blkio -> /; the unified hierarchy has the name ''. */
function cgroupPaths(text: string): ReadonlyMap<string, string> {
  const lines = text.split('\n').map((line) => /^[0-9]+:([^:]*):(.*)$/.exec(line));
  return new Map(lines.flatMap((match) => (match === null ? [] : [[match[1] ?? '', match[2] ?? '']])));
}

function mountedCgroups(mountinfo: string): readonly Mounted[] {
  return mountinfo.split('\n').flatMap((line): Mounted[] => {
    const [left = '', right = ''] = line.split(' - ');
    const [type, , options = ''] = right.split(' ');
    if (type !== 'cgroup' && type !== 'cgroup2') return [];
    const [, , , root = '/', mount = ''] = left.split(' ');
    return [{ version: type === 'cgroup' ? 1 : 2, root, mount, options: options.split(',') }];
  });
}

function carries({ version, options }: Mounted, controllers: string): boolean {
  if (controllers === '') return version === 2;
  return version === 1 && controllers.split(',').every((one) => options.includes(one));
}

/** A mount that shows only part of a hierarchy: paths count from there. */
function below(root: string, path: string): string {
  if (root === '/' || !path.startsWith(root)) return path;
  return path.slice(root.length) || '/';
}

export function words(text: string): readonly string[] {
  return text.split(/[ \n]+/).filter((word) => word !== '');
}

/** The hierarchy of a controller: `devices` and `freezer` are always there on v2, without a name in the list. */
export function hierarchyOf({ hierarchies }: CgroupLayout, controller: string): Hierarchy | undefined {
  const v1 = hierarchies.find((one) => one.version === 1 && one.controllers.split(',').includes(controller));
  if (v1 !== undefined) return v1;
  const v2 = hierarchies.find(({ version }) => version === 2);
  if (v2 === undefined) return undefined;
  const core = controller === 'devices' || controller === 'freezer' || controller === 'cgroup';
  const name = controller === 'blkio' ? 'io' : controller;
  return core || v2.offers.includes(name) ? v2 : undefined;
}

/** A directory of a hierarchy from the cgroup's path. */
export function directoryIn({ mount }: Hierarchy, path: string): string {
  return path === '/' ? mount : `${mount}${path}`;
}
