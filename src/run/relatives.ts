/**
 * Which containers depend on which: overlay clones are written down in their parent's `lxc_snapshots`, and their
 * parents in their own `lxc_rdepends`. Both files have two lines for each container: its path and its name.
 */

import { rmSync, statSync, writeFileSync } from 'node:fs';
import { textIfReadable } from '../base/text-file.ts';
import type { ContainerId } from './command-socket.ts';
import { definedNames } from './directory.ts';

export function clonesOf(id: ContainerId): readonly ContainerId[] {
  return pairs(textIfReadable(`${id.lxcpath}/${id.name}/lxc_snapshots`) ?? '');
}

/** Names of the snapshots, which are containers in a path of their own. */
export function snapshotsOf({ lxcpath, name }: ContainerId): readonly ContainerId[] {
  const snaps = `${lxcpath}/${name}/snaps`;
  return definedNames(snaps).map((snapshot) => ({ lxcpath: snaps, name: snapshot }));
}

/** Tells every parent that its clone is gone. */
export function leaveParents(id: ContainerId): void {
  for (const parent of pairs(textIfReadable(`${id.lxcpath}/${id.name}/lxc_rdepends`) ?? '')) {
    const file = `${parent.lxcpath}/${parent.name}/lxc_snapshots`;
    const others = pairs(textIfReadable(file) ?? '').filter(
      ({ lxcpath, name }) => lxcpath !== id.lxcpath || name !== id.name,
    );
    if (others.length > 0)
      writeFileSync(file, others.map(({ lxcpath, name }) => `${lxcpath}\n${name}\n`).join(''));
    else if (statSync(file, { throwIfNoEntry: false }) !== undefined) rmSync(file);
  }
}

export function pairs(text: string): readonly ContainerId[] {
  const lines = text.split('\n');
  return lines.flatMap((lxcpath, at) => {
    const name = lines[at + 1];
    return at % 2 === 1 || name === undefined || name === '' || lxcpath === '' ? [] : [{ lxcpath, name }];
  });
}
