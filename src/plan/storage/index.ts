/** The kinds of storage that a root file system can be on, and which of them a path means. */

import type { Rootfs } from '../../config/index.ts';
import type { HostFacts } from '../facts.ts';
import type { StorageDriver, StorageKind } from './contract.ts';
import { directory } from './dir.ts';
import { layersOf, overlay } from './overlay.ts';
import { lvm, nbd, nbdParts, rbd } from './tools.ts';
import { block, image } from './volume.ts';
import { zfs } from './zfs.ts';

const drivers = {
  dir: directory,
  btrfs: directory,
  overlay,
  overlayfs: overlay,
  loop: image,
  block,
  lvm,
  rbd,
  nbd,
  zfs,
} as const satisfies Record<StorageKind, StorageDriver>;

export function driverOf(kind: StorageKind): StorageDriver {
  return drivers[kind];
}

/** Without a type it is what the path leads to. */
export function kindOf({ type, path }: Rootfs, { paths }: Pick<HostFacts, 'paths'>): StorageKind {
  if (type !== undefined) return type;
  const kind = paths.get(path)?.kind;
  return kind === 'file' ? 'loop' : kind === 'block' ? 'block' : 'dir';
}

/** What of the host a plan looks at for this root file system. */
export function storagePaths({ type, path }: Rootfs): readonly string[] {
  if (type === 'overlay' || type === 'overlayfs') {
    const { lowers, upper, work } = layersOf(path);
    return [...lowers, upper, work];
  }
  return type === 'nbd' ? [nbdParts(path).image] : [path];
}

const tools: Partial<Record<StorageKind, string>> = { nbd: 'qemu-nbd', rbd: 'rbd', lvm: 'lvchange' };

/** The programs that it may need. */
export function storageTools({ type }: Rootfs): readonly string[] {
  const tool = type === undefined ? undefined : tools[type];
  return tool === undefined ? [] : [tool];
}
