/** The containers of a container path: those that have a directory, and those that have a monitor. */

import { readdirSync, readFileSync, statSync } from 'node:fs';
import { errnoCode, reason } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import { type ContainerId, socketName } from './command-socket.ts';

/** Directories with a configuration, sorted by bytes; none where the path does not exist. */
export function definedNames(lxcpath: string): readonly string[] {
  return directoryNames(lxcpath)
    .filter((name) => !name.startsWith('.') && isThere(`${lxcpath}/${name}/config`))
    .sort(byBytes);
}

export function configPath({ lxcpath, name }: ContainerId): string {
  return `${lxcpath}/${name}/config`;
}

/** A configuration lies in its directory. */
export function isDefined(id: ContainerId): boolean {
  return isThere(configPath(id));
}

/** The abstract sockets that somebody listens on, as /proc/net/unix has them. */
export function readListeners(proc = '/proc'): ReadonlySet<string> {
  return listeners(readFileSync(`${proc}/net/unix`, 'latin1'));
}

const acceptsConnections = 0x10000;

/** `Num: RefCount Protocol Flags Type St Inode Path`; an abstract path begins with @. */
export function listeners(text: string): ReadonlySet<string> {
  const names = new Set<string>();
  for (const line of text.split('\n')) {
    const at = line.indexOf(' @');
    if (at < 0) continue;
    const flags = Number.parseInt(line.split(/\s+/, 4)[3] ?? '', 16);
    if ((flags & acceptsConnections) !== 0) names.add(Buffer.from(line.slice(at + 2), 'latin1').toString());
  }
  return names;
}

export function isActive(id: ContainerId, listening: ReadonlySet<string>): boolean {
  return listening.has(socketName(id));
}

/** Names with a monitor, those without a directory of their own among them. */
export function activeNames(
  lxcpath: string,
  listening: ReadonlySet<string>,
  defined: readonly string[],
): readonly string[] {
  const named = [...listening].flatMap((path) => {
    const name = path.startsWith(`${lxcpath}/`) ? path.slice(lxcpath.length + 1) : '';
    return name.endsWith('/command') ? [name.slice(0, -'/command'.length)] : [];
  });
  // A long path is a hash on the socket; the directories tell what may be behind it.
  const hashed = defined.filter((name) => isActive({ lxcpath, name }, listening));
  return [...new Set([...named.filter((name) => name !== '' && !name.includes('/')), ...hashed])].sort(
    byBytes,
  );
}

/** The order of strcmp. */
export function byBytes(left: string, right: string): number {
  return Buffer.compare(Buffer.from(left), Buffer.from(right));
}

function directoryNames(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (errnoCode(error) === 'ENOENT') return [];
    throw new LxcError(`Failed to list the containers in ${path}: ${reason(error)}`, { cause: error });
  }
}

function isThere(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false }) !== undefined;
}
