/**
 * Which containers depend on which: overlay clones are written down in their parent's `lxc_snapshots`, and their
 * parents in their own `lxc_rdepends`. Both files have two lines for each container: its path and its name.
 */

import { appendFileSync, rmSync, writeFileSync } from 'node:fs';
import { textIfReadable } from '../base/text-file.ts';
import type { ContainerId } from './command-socket.ts';
import { locked } from './dir-lock.ts';
import { definedNames } from './directory.ts';
import type { Session } from './session.ts';

export function clonesOf(id: ContainerId): readonly ContainerId[] {
  return pairs(textIfReadable(snapshots(id)) ?? '');
}

/** Names of the snapshots, which are containers in a path of their own. */
export function snapshotsOf({ lxcpath, name }: ContainerId): readonly ContainerId[] {
  const snaps = `${lxcpath}/${name}/snaps`;
  return definedNames(snaps).map((snapshot) => ({ lxcpath: snaps, name: snapshot }));
}

export function parentsOf(id: ContainerId): readonly ContainerId[] {
  return pairs(textIfReadable(rdepends(id)) ?? '');
}

/** A clone that stands on what `parents` have: none of them can be destroyed before it. */
export async function joinParents(
  session: Session,
  id: ContainerId,
  parents: readonly ContainerId[],
): Promise<void> {
  if (parents.length === 0) return;
  writeFileSync(rdepends(id), textOf(parents));
  for (const parent of parents)
    await locked(session, parent, () => appendFileSync(snapshots(parent), textOf([id])));
}

/** Tells every parent that its clone is gone. */
export async function leaveParents(session: Session, id: ContainerId): Promise<void> {
  for (const parent of parentsOf(id)) await locked(session, parent, () => forget(parent, id));
}

/** A clone that goes by another name from now on. */
export async function replaceInParents(
  session: Session,
  parents: readonly ContainerId[],
  old: ContainerId,
  id: ContainerId,
): Promise<void> {
  for (const parent of parents)
    await locked(session, parent, () => {
      forget(parent, old);
      appendFileSync(snapshots(parent), textOf([id]));
    });
}

export function forget(parent: ContainerId, { lxcpath, name }: ContainerId): void {
  const file = snapshots(parent);
  const others = clonesOf(parent).filter((clone) => clone.lxcpath !== lxcpath || clone.name !== name);
  if (others.length > 0) writeFileSync(file, textOf(others));
  else rmSync(file, { force: true });
}

function snapshots({ lxcpath, name }: ContainerId): string {
  return `${lxcpath}/${name}/lxc_snapshots`;
}

function rdepends({ lxcpath, name }: ContainerId): string {
  return `${lxcpath}/${name}/lxc_rdepends`;
}

function textOf(ids: readonly ContainerId[]): string {
  return ids.map(({ lxcpath, name }) => `${lxcpath}\n${name}\n`).join('');
}

export function pairs(text: string): readonly ContainerId[] {
  const lines = text.split('\n');
  return lines.flatMap((lxcpath, at) => {
    const name = lines[at + 1];
    return at % 2 === 1 || name === undefined || name === '' || lxcpath === '' ? [] : [{ lxcpath, name }];
  });
}
