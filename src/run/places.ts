/** Where things are for a caller: containers, logs, run directories. */

import { statSync } from 'node:fs';
import { dirname } from 'node:path';
import { fnv1a64, hex64 } from '../base/fnv.ts';
import { installRoot } from '../base/install.ts';
import { nodeConfigIo } from '../config/io.ts';
import { loadSystemConfig, type SystemConfig } from '../config/system.ts';
import { recordEnding } from '../wire/frames.ts';
import type { Session } from './session.ts';

/** What places depend on. */
export type Caller = Pick<Session, 'uid' | 'env' | 'cwd'>;

const rootLxcPath = '/var/lib/lxc';

const systemConfigs = new WeakMap<Caller, SystemConfig>();

/** The settings of lxc.conf, the system's or the user's; read once for a session. */
export function systemConfig(caller: Caller): SystemConfig {
  const known = systemConfigs.get(caller) ?? readSystemConfig(caller);
  systemConfigs.set(caller, known);
  return known;
}

function readSystemConfig(caller: Caller): SystemConfig {
  const owner =
    caller.uid === 0 ? ({ kind: 'root' } as const) : { kind: 'user' as const, home: home(caller) };
  return loadSystemConfig(owner, nodeConfigIo(caller));
}

/** `lxc.lxcpath` of lxc.conf, or the usual place. */
export function defaultLxcPath(caller: Caller): string {
  return systemConfig(caller).values['lxc.lxcpath'] ?? rootLxcPath;
}

/** Where the log goes with -l and without -o. */
export function logFileOf(caller: Caller, lxcpath: string, name: string): string {
  const usual = caller.uid === 0 && lxcpath === rootLxcPath;
  return usual ? `/var/log/lxc/${name}.log` : `${lxcpath}/${name}/${name}.log`;
}

/** The directory of what must not outlive a boot, shared with LXC. */
export function runtimeDir(caller: Caller): string {
  return caller.uid === 0 ? '/run' : (caller.env.XDG_RUNTIME_DIR ?? `${home(caller)}/.cache/lxc/run`);
}

/** Where root file systems are mounted. Hooks inside use the path with ids that may be mapped, so all may go there. */
export function rootfsMount(caller: Caller): string {
  const shipped = `${installRoot}/rootfs`;
  if (caller.uid !== 0 && isOpenToAll(shipped)) return shipped;
  return `${runtimeDir(caller)}/lxc-rootfs`;
}

/** Every directory of the path lets everybody pass. */
function isOpenToAll(path: string): boolean {
  const above = path === '/' || isOpenToAll(dirname(path));
  return above && ((statSync(path, { throwIfNoEntry: false })?.mode ?? 0) & 0o1) === 1;
}

/**
 * The record of a container; absent while it is stopped. It has no directory of its own: where /run is no tmpfs, each
 * inode takes as long to make as a cgroup. What else must not outlive the container has a name that begins with this.
 */
export function recordFile(caller: Caller, lxcpath: string, name: string): string {
  return `${runtimeDir(caller)}/lxc-ts/${hex64(fnv1a64(lxcpath))}/${name}${recordEnding}`;
}

/** Where lxc-monitord listens, if it runs. */
export function monitorFifo(caller: Caller, lxcpath: string): string {
  return `${runtimeDir(caller)}/lxc/${lxcpath}/monitor-fifo`;
}

function home(caller: Caller): string {
  return caller.env.HOME ?? '/';
}
