/** Subvolumes of btrfs, where the container path lies on one. */

import { LxcError } from '../../base/error.ts';
import { removeTreeAnyway } from '../remove.ts';
import type { Session } from '../session.ts';
import { homeOf, type Site, type StorageMaker } from './contract.ts';
import { runTool } from './tool.ts';

export const btrfs: StorageMaker = {
  async make(site) {
    const path = placeOf(site);
    await subvolume(site.session, ['create', path], `make the subvolume ${path}`);
    return `btrfs:${path}`;
  },

  async snapshot(site, { id, config }) {
    const source = config.one('lxc.rootfs.path')?.value.path;
    if (source === undefined)
      throw new LxcError(`Failed to take a snapshot of ${id.name}: it has no root file system`);
    const path = placeOf(site);
    await subvolume(site.session, ['snapshot', source, path], `take a snapshot of the subvolume ${source}`);
    return `btrfs:${path}`;
  },
};

/** A file system of its own, which goes by itself. */
function placeOf({ session, id, options, undo }: Site): string {
  const path = options.dir ?? `${homeOf(id)}/rootfs`;
  undo.push(() => removeTreeAnyway(session, path));
  return path;
}

function subvolume(session: Session, words: readonly string[], act: string): Promise<string> {
  return runTool(session, { argv: ['btrfs', 'subvolume', ...words], pack: 'btrfs-progs', act });
}
