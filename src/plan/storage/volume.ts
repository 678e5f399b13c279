/** Block devices, and image files behind a loop device: the parent opens their file system, the child mounts it. */

import { where } from '../../wire/ops.ts';
import type { PlannedOp } from '../../wire/program.ts';
import { step } from '../../wire/step.ts';
import type { Volume } from '../facts.ts';
import { ms } from '../mount-flags.ts';
import type { StorageDriver, StoragePlan, StorageWish } from './contract.ts';
import { factsOf, refusal } from './refuse.ts';

/** What the kernel can only read. */
const readOnlyTypes = new Set(['squashfs', 'erofs', 'iso9660', 'cramfs', 'romfs']);

export const image: StorageDriver = (wish) => {
  const { path, context } = wish;
  const fact = context.facts.paths.get(path);
  if (fact?.kind === 'block') return block(wish);
  if (fact === undefined) throw refusal(wish, `${path}: No such file`, 'make it, for example with mkfs.ext4');
  if (fact.kind !== 'file')
    throw refusal(wish, `${path}: Not a regular file`, 'for a directory the path begins with dir:');
  return mountVolume(wish, { source: path, loop: true, volume: volumeOf(wish) });
};

export const block: StorageDriver = (wish) => {
  const { path, context } = wish;
  const fact = context.facts.paths.get(path);
  if (fact === undefined) throw refusal(wish, `${path}: No such device`);
  if (fact.kind !== 'block')
    throw refusal(wish, `${path}: Not a block device`, 'for an image file the path begins with loop:');
  return mountVolume(wish, { source: path, loop: false, volume: volumeOf(wish) });
};

function volumeOf(wish: StorageWish): Volume {
  const { volume } = factsOf(wish);
  if (volume === undefined) throw refusal(wish, `${wish.path}: it cannot be read`);
  if (volume.holds !== undefined)
    throw refusal(wish, `${wish.path}: it holds ${volume.holds.what}`, volume.holds.hint);
  return volume;
}

interface Source {
  readonly source: string;
  readonly loop: boolean;
  readonly volume: Pick<Volume, 'types'>;
  readonly waitMs?: number;
}

export function mountVolume(wish: StorageWish, from: Source): StoragePlan {
  refuseUser(wish);
  const { path, target, options, why } = wish;
  const act = `mount the root file system ${path} on ${target}`;
  const place = { target, where: where.host, propagation: options.propagation };
  return {
    attach: [openFileSystem(wish, from)],
    mount: [step({ op: 'placeMount', args: place }, why(act))],
  };
}

/** A user may mount directories in a namespace of his own, and overlays. */
function refuseUser(wish: StorageWish): void {
  if (wish.context.request.uid === 0) return;
  throw refusal(wish, `${wish.path}: only root mounts images and devices`, 'use a directory or an overlay');
}

function openFileSystem(
  { path, options, why }: StorageWish,
  { source, loop, volume, waitMs = 0 }: Source,
): PlannedOp {
  const { types } = volume;
  const readOnly = types.length > 0 && types.every((type) => readOnlyTypes.has(type));
  const args = {
    source,
    loop: loop ? 1 : 0,
    fstypes: types,
    flags: options.flags | (readOnly ? ms.rdonly : 0),
    data: options.data,
    wait: waitMs,
  };
  return step({ op: 'openFileSystem', args }, why(`open the file system of ${path}`));
}
