/** What a caller asks of a start: the command line and the caller's own circumstances, as plain data. */

import type { NamespaceName } from './namespaces.ts';

/** A namespace taken over from somebody else: `target` is a pid, a container's name or a path. */
export interface Share {
  readonly namespace: NamespaceName;
  readonly target: string;
}

export interface StartRequest {
  readonly name: string;
  /** Without a trailing slash. */
  readonly lxcpath: string;
  /** Abstract name of the command socket. */
  readonly commandSocket: string;
  /** Where a root file system is mounted if `lxc.rootfs.mount` does not say it. */
  readonly rootfsMount: string;
  /** The caller's process, whose cgroups count. */
  readonly pid: number;
  /** The file that the configuration came from, as hooks are told (LXC_CONFIG_FILE). */
  readonly configFile: string | undefined;
  /** `execute` runs the command under the helper's own init. */
  readonly kind: 'start' | 'execute';
  /** The runner leaves the caller's session; otherwise the caller's process is the monitor. */
  readonly detach: boolean;
  /** The same monitor starts the container again: its socket is bound and it has left the caller already. */
  readonly reboot: boolean;
  /** What stands behind `--`; empty for the command of the configuration. */
  readonly command: readonly string[];
  readonly pidfile: string | undefined;
  /** `NAME=VALUE`, the caller's whole environment. */
  readonly env: readonly string[];
  readonly cwd: string;
  readonly uid: number;
  readonly gid: number;
  readonly umask: number;
  /** Which of the caller's standard streams are terminals. */
  readonly terminals: { readonly stdin: boolean; readonly stdout: boolean; readonly stderr: boolean };
  /** The file of the container's record, and what it starts with. */
  readonly record: { readonly path: string; readonly head: Uint8Array };
  /** `--share-*` of the command line; they win over the configuration. */
  readonly shares: readonly Share[];
  /** Pids of the running containers that {@link shareTargets} names. */
  readonly initPids: ReadonlyMap<string, number>;
  /** `lxc.cgroup.pattern` of lxc.conf, '' where there is none. */
  readonly cgroupPattern: string;
  /** What LXC_LOG_LEVEL tells hooks. */
  readonly logLevel: string;
  /** Where lxc-monitord would listen. */
  readonly monitorFifo: string;
}
