/** Where things are for a caller: containers, logs, run directories. */

import { readFileSync } from 'node:fs';
import { errnoCode, reason } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import { fnv1a64, hex64 } from '../base/fnv.ts';
import type { Session } from './session.ts';

/** What places depend on. */
export type Caller = Pick<Session, 'uid' | 'env'>;

const rootLxcPath = '/var/lib/lxc';

/** `lxc.lxcpath` of lxc.conf, or the usual place. */
export function defaultLxcPath(caller: Caller): string {
  return (
    systemSetting(caller, 'lxc.lxcpath') ??
    (caller.uid === 0 ? rootLxcPath : home(caller, '.local/share/lxc'))
  );
}

/** The file with settings of the whole system or of one user. */
export function systemFile(caller: Caller): string {
  return caller.uid === 0 ? '/etc/lxc/lxc.conf' : home(caller, '.config/lxc/lxc.conf');
}

/** One line `key = value` of lxc.conf. */
export function systemSetting(caller: Caller, key: string): string | undefined {
  const lines = readText(systemFile(caller))?.split('\n') ?? [];
  const values = lines.flatMap((line) => {
    const [name = '', ...value] = line.split('=');
    return name.trim() === key && value.length > 0 ? [value.join('=').trim()] : [];
  });
  return values.at(-1);
}

/** Where the log goes with -l and without -o. */
export function logFileOf(caller: Caller, lxcpath: string, name: string): string {
  const usual = caller.uid === 0 && lxcpath === rootLxcPath;
  return usual ? `/var/log/lxc/${name}.log` : `${lxcpath}/${name}/${name}.log`;
}

/** The directory of what must not outlive a boot, shared with LXC. */
export function runtimeDir(caller: Caller): string {
  return caller.uid === 0 ? '/run' : (caller.env.XDG_RUNTIME_DIR ?? home(caller, '.cache/lxc/run'));
}

/** The run directory of a container, with its record; absent while it is stopped. */
export function recordDir(caller: Caller, lxcpath: string, name: string): string {
  return `${runtimeDir(caller)}/lxc-ts/${hex64(fnv1a64(lxcpath))}/${name}`;
}

/** Where lxc-monitord listens, if it runs. */
export function monitorFifo(caller: Caller, lxcpath: string): string {
  return `${runtimeDir(caller)}/lxc/${lxcpath}/monitor-fifo`;
}

/** A path in the caller's home directory. */
export function home(caller: Caller, path: string): string {
  return `${caller.env.HOME ?? '/'}/${path}`;
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoCode(error) === 'ENOENT' || errnoCode(error) === 'ENOTDIR') return undefined;
    throw new LxcError(`Failed to read ${path}: ${reason(error)}`, { cause: error });
  }
}
