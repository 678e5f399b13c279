/**
 * What the proc view is for those who serve it: a tree of entries, a subject (whose numbers?) for a process, and
 * the bytes of a file for a subject. `openView` in view.ts gives the real one; the FUSE server only routes.
 */

/** Whose rules: ours, or those of a release of LXCFS, byte for byte. */
export type Rules = 'default' | '5.0.3' | '7.0';

export interface Profile {
  readonly rules: Rules;
  /** Show no more CPUs than the quota pays for (LXCFS: --enable-cfs). On by default, off with LXCFS's rules. */
  readonly cfs: boolean;
  /** A load average of the container's own tasks (LXCFS: -l). On by default, off with LXCFS's rules. */
  readonly loadavg: boolean;
  /** LXCFS: off with -u, --disable-swap. */
  readonly swap: boolean;
  /** LXCFS: off with --disable-zswap. */
  readonly zswap: boolean;
}

/** An entry of the served tree. The order of `View.entries` is stable while its host runs: parents come first. */
export interface Entry {
  /** Below the mount: `/proc/meminfo`, `/sys/devices/system/cpu/cpu0`. */
  readonly path: string;
  readonly kind: 'directory' | 'file' | 'link';
  /** Permission bits: 0o444, 0o400, 0o555. */
  readonly mode: number;
  /** Of a link. */
  readonly target?: string;
  /** Below `cpuN`: shown only to those who see that CPU. */
  readonly cpu?: number;
}

/** A container, or a process of the host, as one who reads. */
export interface Subject {
  /** Names it for as long as it lives; fit for a file name, at most 64 bytes. */
  readonly key: string;
  /** Host pid of its init; of the reader itself for a process of the host. */
  readonly init: number;
  /** Field 22 of /proc/INIT/stat: clock ticks after boot. */
  readonly started: number;
  /** It lives in the host's pid namespace: its own cgroup counts. */
  readonly host: boolean;
  /** Text of /proc/PID/cgroup. */
  readonly cgroups: string;
}

/** A line of a file, what it was made of, and how. */
export interface Explanation {
  readonly line: string;
  readonly formula: string;
  /** Path and value: `memory.max` of which directory, and what it said. */
  readonly inputs: readonly { readonly path: string; readonly value: string }[];
}

export interface View {
  readonly profile: Profile;
  readonly entries: readonly Entry[];
  /**
   * The subject of a thread id from a FUSE header: two or three microseconds when it is known. 0 (a caller that our
   * pid namespace cannot see) is the host itself. Never throws.
   */
  identify(tid: number): Subject;
  /** For the by-name tree: the container whose init is `pid`; `undefined` when that process is gone. */
  subjectOf(pid: number): Subject | undefined;
  /** The thread is of that container's pid namespace, or of the host, which may see everybody. Never throws. */
  mayAsk(tid: number, subject: Subject): boolean;
  isVisible(entry: Entry, subject: Subject): boolean;
  /** The bytes of a file now. Never throws and never waits; with the inputs gone, a safe fallback. */
  render(path: string, subject: Subject): Buffer;
  /** For `lxcfs explain`. */
  explain(path: string, subject: Subject): readonly Explanation[];
  /** Closes descriptors of containers that are gone: call it every half minute or so. */
  sweep(): void;
}

export interface ViewOptions {
  readonly profile: Profile;
  /**
   * A directory (0700, tmpfs) that all servers of a mount share: CPU accounts and load averages live there, so that
   * two servers give one answer and a restarted one goes on. Without it they live in this process.
   */
  readonly state?: string;
}

/** More than any file of the view holds; readers never get a truncated one. */
export const largestFile = 4 * 1024 * 1024;

/**
 * Samples the load of the containers whose loadavg was read in the last 15 minutes. Exactly one process runs it:
 * call `sample` every 5 seconds; it spends at most some 20 ms and says whether there was anything to do.
 */
export interface LoadSampler {
  sample(): { readonly sampled: number; readonly left: number };
}

export type OpenView = (options: ViewOptions) => View;
export type OpenLoadSampler = (state: string) => LoadSampler;
