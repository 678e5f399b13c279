/**
 * Snapshots: containers `snap0`, `snap1` and so on in the directory `snaps` of the one they were taken of, each with
 * the time and maybe a comment in a file.
 */

import { existsSync, readdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { draw } from '../base/draw.ts';
import { LxcError } from '../base/error.ts';
import { textIfReadable } from '../base/text-file.ts';
import { type CloneWish, cloneContainer } from './clone.ts';
import type { ContainerId } from './command-socket.ts';
import { destroyContainer } from './destroy.ts';
import { isDefined } from './directory.ts';
import type { Log } from './log.ts';
import { clonesOf, snapshotsOf } from './relatives.ts';
import { replaceContainer } from './replace.ts';
import type { Session } from './session.ts';
import { tendedState } from './tend.ts';

export interface Snapshot {
  readonly name: string;
  /** The directory that it lies in. */
  readonly path: string;
  /** `2026:11:21 06:01:06`, in the local time of who took it. */
  readonly time: string;
  readonly comment: string | undefined;
}

/** In the order of their numbers. */
export function listSnapshots(id: ContainerId): readonly Snapshot[] {
  mustBeThere(id);
  return snapshotsOf(id)
    .map(({ lxcpath, name }) => ({
      name,
      path: lxcpath,
      time: textIfReadable(`${lxcpath}/${name}/ts`)?.trim() ?? '',
      comment: textIfReadable(`${lxcpath}/${name}/comment`),
    }))
    .sort((left, right) => left.name.localeCompare(right.name, 'en', { numeric: true }));
}

/** The name of the snapshot. The container must be stopped. */
export async function takeSnapshot(
  session: Session,
  id: ContainerId,
  comment: string | undefined,
  log: Log,
): Promise<string> {
  mustBeThere(id);
  const lxcpath = `${id.lxcpath}/${id.name}/snaps`;
  const name = freeName(lxcpath);
  const furnish = (home: string): void => {
    writeFileSync(`${home}/ts`, timestamp(session));
    if (comment !== undefined) writeFileSync(`${home}/comment`, comment);
  };
  const wish: CloneWish = { ...asItIs, keepName: true, keepMac: true, furnish };
  await cloneContainer(session, id, { lxcpath, name }, wish, log);
  return name;
}

/** What a snapshot and its original become: storage of the same kind, and nothing but what both stand on. */
const asItIs = {
  snapshot: 'if possible',
  storage: undefined,
  options: {},
  allowRunning: false,
  hookArguments: [],
  isWithin: true,
} as const;

/** As a container of its own, or in place of the one that it was taken of. */
export async function restoreSnapshot(
  session: Session,
  id: ContainerId,
  { snapshot, newName }: { readonly snapshot: string; readonly newName: string | undefined },
  log: Log,
): Promise<void> {
  const from = mustHave(id, snapshot);
  if (newName !== undefined && newName !== id.name) {
    const wish = { ...asItIs, keepName: false, keepMac: false };
    await cloneContainer(session, from, { ...id, name: newName }, wish, log);
    return;
  }
  if (clonesOf(id).length > 0)
    throw new LxcError(`Failed to restore ${id.name}: it has clones, which stand on it as it is`, {
      hint: 'give the restored container another name with -N',
    });
  if ((await tendedState(session, id)) !== 'STOPPED')
    throw new LxcError(`${id.name} is running`, {
      code: 'ALREADY_RUNNING',
      hint: 'stop it, or give the restored container another name with -N',
    });
  const beside = { ...id, name: `${id.name}_${suffix()}` };
  const wish = { ...asItIs, keepName: false, keepMac: true, goesBy: id.name };
  await cloneContainer(session, from, beside, wish, log);
  await replaceContainer(session, id, beside);
}

function suffix(): string {
  return Array.from({ length: 6 }, () => draw(36).toString(36)).join('');
}

/** `ALL` are all of them. */
export async function destroySnapshot(
  session: Session,
  id: ContainerId,
  snapshot: string,
  log: Log,
): Promise<void> {
  const all = snapshot === 'ALL' ? snapshotsOf(id) : [mustHave(id, snapshot)];
  if (all.length === 0) throw new LxcError(`${id.name} has no snapshots`, { code: 'NOT_DEFINED' });
  for (const one of all) await destroyContainer(session, one, { force: false, snapshots: false }, log);
  const directory = `${id.lxcpath}/${id.name}/snaps`;
  if (existsSync(directory) && readdirSync(directory).length === 0) rmdirSync(directory);
}

function mustBeThere(id: ContainerId): void {
  if (isDefined(id)) return;
  throw new LxcError(`There is no container ${id.name} in ${id.lxcpath}`, {
    code: 'NOT_DEFINED',
    hint: 'lxc-ls lists those there are',
  });
}

function mustHave(id: ContainerId, snapshot: string): ContainerId {
  mustBeThere(id);
  const found = snapshotsOf(id).find(({ name }) => name === snapshot);
  if (found !== undefined) return found;
  const names = snapshotsOf(id).map(({ name }) => name);
  throw new LxcError(`${id.name} has no snapshot ${snapshot}`, {
    code: 'NOT_DEFINED',
    hint: names.length === 0 ? 'take one with lxc-snapshot' : `it has ${names.join(' ')}`,
  });
}

/** The lowest number that nothing has. */
function freeName(directory: string): string {
  for (let number = 0; ; number += 1) if (!existsSync(`${directory}/snap${number}`)) return `snap${number}`;
}

/** As LXC writes it: `%Y:%m:%d %H:%M:%S`. */
function timestamp({ env }: Session): string {
  const now = new Date();
  const part = (options: Intl.DateTimeFormatOptions) =>
    new Intl.DateTimeFormat('sv-SE', { ...options, timeZone: zoneOf(env.TZ) }).format(now);
  const day = part({ year: 'numeric', month: '2-digit', day: '2-digit' }).replaceAll('-', ':');
  return `${day} ${part({ hour: '2-digit', minute: '2-digit', second: '2-digit' })}`;
}

/** The caller's own; `undefined`, that of the machine, also where it is none that is known. */
function zoneOf(zone: string | undefined): string | undefined {
  if (zone === undefined) return undefined;
  try {
    return new Intl.DateTimeFormat('sv-SE', { timeZone: zone.replace(/^:/, '') }).resolvedOptions().timeZone;
  } catch {
    return undefined;
  }
}
