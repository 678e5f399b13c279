/** Which storage a clone gets, and how it gets there. */

import { statSync } from 'node:fs';
import { LxcError } from '../../base/error.ts';
import type { Rootfs, StorageType } from '../../config/index.ts';
import { copyRoot, rootAt } from '../root-file-system.ts';
import type { Origin, Site, StorageOptions } from './contract.ts';
import { isMade, type MadeType, makerOf } from './index.ts';

export interface StorageWish {
  /** One that shares with the original what neither changes; `if possible` makes a copy where there is no such thing. */
  readonly snapshot: boolean | 'if possible';
  /** The kind asked for; else that of the original. */
  readonly storage: StorageType | undefined;
  readonly options: StorageOptions;
}

interface Choice {
  readonly type: MadeType;
  readonly snapshot: boolean;
}

/** `undefined`: the original has no root file system of its own. */
export function storageOfClone(origin: Origin, wish: StorageWish): Choice | undefined {
  const entry = origin.config.one('lxc.rootfs.path');
  if (entry === undefined) return undefined;
  const own = kindOf(entry.value);
  const wants = wish.snapshot === 'if possible' ? growsApart(own) : wish.snapshot;
  return wants ? snapshotOf(origin, own, wish) : { type: copyOf(own, wish), snapshot: false };
}

/** A snapshot of it stays what it was, whatever the original becomes; a directory below an overlay would change it. */
function growsApart(own: StorageType): boolean {
  return own !== 'dir' && isMade(own) && makerOf(own).snapshot !== undefined;
}

function snapshotOf({ id }: Origin, own: StorageType, { storage }: StorageWish): Choice {
  const type = own === 'dir' ? 'overlay' : own;
  if (!isMade(type) || makerOf(type).snapshot === undefined)
    throw new LxcError(`Failed to take a snapshot of ${id.name}: there are none of storage ${own}`, {
      hint: 'make a copy, without -s',
    });
  const asked = storage === 'overlayfs' ? 'overlay' : storage;
  if (asked !== undefined && asked !== type)
    throw new LxcError(`Failed to take a snapshot of ${id.name}: one of storage ${own} is of type ${type}`, {
      hint: `leave -B out, or make a copy, without -s`,
    });
  return { type, snapshot: true };
}

/** What was an overlay becomes whole. */
function copyOf(own: StorageType, { storage }: StorageWish): MadeType {
  const type = storage ?? (own === 'overlay' || own === 'nbd' ? 'dir' : own);
  if (type === 'overlay' || type === 'overlayfs')
    throw new LxcError('Failed to make a copy that is an overlay: an overlay stands on what it is made of', {
      hint: 'add -s',
    });
  if (isMade(type)) return type;
  throw new LxcError(`Failed to make storage of type ${type}: there is no way to make one`, {
    hint: 'name another with -B',
  });
}

function kindOf({ type, path }: Rootfs): StorageType {
  if (type !== undefined) return type === 'overlayfs' ? 'overlay' : type;
  const stats = statSync(path, { throwIfNoEntry: false });
  return stats?.isFile() === true ? 'loop' : 'dir';
}

export async function cloneStorage(site: Site, origin: Origin, wish: StorageWish): Promise<string> {
  const { session, config } = site;
  const choice = storageOfClone(origin, wish);
  if (choice === undefined)
    throw new LxcError(`Failed to clone ${origin.id.name}: it has no root file system`);
  const maker = makerOf(choice.type);
  if (choice.snapshot && maker.snapshot !== undefined) return maker.snapshot(site, origin);
  const path = await maker.make(site);
  await copyRoot(session, config, rootAt(session, path, config));
  return path;
}
