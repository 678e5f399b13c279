/** The kinds of storage that new containers can have. */

import { statfsSync } from 'node:fs';
import { dirname } from 'node:path';
import type { StorageType } from '../../config/index.ts';
import type { ContainerId } from '../command-socket.ts';
import type { Session } from '../session.ts';
import { btrfs } from './btrfs.ts';
import type { StorageMaker, StorageOptions } from './contract.ts';
import { dir } from './dir.ts';
import { loop } from './loop.ts';
import { lvm, volumeGroup } from './lvm.ts';
import { overlay } from './overlay.ts';
import { rbd } from './rbd.ts';
import { agrees } from './tool.ts';
import { parentDataset, zfs } from './zfs.ts';

const makers = {
  btrfs,
  dir,
  loop,
  lvm,
  overlay,
  rbd,
  zfs,
} as const satisfies Partial<Record<StorageType, StorageMaker>>;

export type MadeType = keyof typeof makers;

export function isMade(type: string): type is MadeType {
  return Object.hasOwn(makers, type);
}

export function makerOf(type: MadeType): StorageMaker {
  return makers[type];
}

const btrfsMagic = 0x9123683e;

/** `best`: what can take snapshots, of what is there. */
export async function bestStorage(
  session: Session,
  { lxcpath }: ContainerId,
  options: StorageOptions,
): Promise<MadeType> {
  if (options.dir !== undefined || session.uid !== 0) return 'dir';
  if (magicOf(lxcpath) === btrfsMagic && (await agrees(session, ['btrfs', '--version']))) return 'btrfs';
  if (await agrees(session, ['zfs', 'list', parentDataset(session, options)])) return 'zfs';
  if (await agrees(session, ['vgs', volumeGroup(session, options)])) return 'lvm';
  return 'dir';
}

/** Of the nearest directory that is there. */
function magicOf(path: string): number {
  try {
    return statfsSync(path).type;
  } catch {
    return path === '/' ? 0 : magicOf(dirname(path));
  }
}
