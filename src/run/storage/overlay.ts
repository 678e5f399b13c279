/**
 * Overlays: a directory below that stays as it is, and `overlay/delta` in the container's directory for what is
 * written. A clone of an overlay has the same directories below and its own copy of what was written.
 */

import { chmodSync, chownSync, mkdirSync, statSync } from 'node:fs';
import { LxcError } from '../../base/error.ts';
import { makeDirectories } from '../../base/make-directories.ts';
import type { Rootfs } from '../../config/index.ts';
import { layersOf } from '../../plan/index.ts';
import { giveToMapped } from '../mapped-command.ts';
import { copyRoot, rootAt } from '../root-file-system.ts';
import { homeOf, type Origin, type Site, type StorageMaker } from './contract.ts';

export const overlay: StorageMaker = {
  make(site) {
    const lower = site.options.dir ?? `${homeOf(site.id)}/rootfs`;
    makeDirectories(lower);
    chmodSync(lower, 0o755);
    return layered(site, [lower]);
  },

  async snapshot(site, origin) {
    const { value } = mustHaveRoot(origin);
    mkdirSync(`${homeOf(site.id)}/rootfs`);
    if (!isOverlay(value)) return layered(site, [value.path]);
    const { lowers, upper } = layersOf(value.path);
    const path = await layered(site, lowers);
    const { session, config } = site;
    if (statSync(upper, { throwIfNoEntry: false }) !== undefined)
      await copyRoot(
        session,
        rootAt(session, `dir:${upper}`, config),
        rootAt(session, `dir:${layersOf(path).upper}`, config),
      );
    return path;
  },
};

export function isOverlay({ type }: Rootfs): boolean {
  return type === 'overlay' || type === 'overlayfs';
}

function mustHaveRoot({ id, config }: Origin) {
  const entry = config.one('lxc.rootfs.path');
  if (entry !== undefined) return entry;
  throw new LxcError(`Failed to take a snapshot of ${id.name}: it has no root file system of its own`);
}

/** The root of an overlay is the upper directory, so that it has the owner and the mode of the one below. */
async function layered({ session, id, config }: Site, lowers: readonly string[]): Promise<string> {
  const top = `${homeOf(id)}/overlay`;
  const [lower = '/'] = lowers;
  const { mode, uid, gid } = statSync(lower);
  const made = [top, `${top}/delta`, `${top}/work`];
  for (const path of made) mkdirSync(path);
  for (const path of made) chmodSync(path, path === `${top}/delta` ? mode & 0o7777 : 0o755);
  if (session.uid === 0) for (const path of made) chownSync(path, uid, gid);
  else await giveToMapped(session, config, made, 'root');
  return `overlay:${lowers.join(':')}:${top}/delta`;
}
