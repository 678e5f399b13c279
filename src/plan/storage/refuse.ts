/** What can be known to be wrong with storage before anything is done. */

import { LxcError } from '../../base/error.ts';
import { noStorage, type StorageFacts } from '../facts.ts';
import type { StorageWish } from './contract.ts';

export function factsOf({ context }: StorageWish): StorageFacts {
  return context.facts.storage ?? noStorage;
}

export function refusal({ context: { root } }: StorageWish, message: string, hint?: string): LxcError {
  return new LxcError(`Failed to use the root file system ${message}`, { origin: root.entry?.origin, hint });
}

export function mustBeDirectory(wish: StorageWish, path: string): void {
  const fact = wish.context.facts.paths.get(path);
  if (fact?.kind === 'directory') return;
  if (fact === undefined)
    throw refusal(wish, `${path}: No such directory`, 'make it, for example with lxc-create');
  throw refusal(wish, `${path}: Not a directory`, 'for an image file the path begins with loop:');
}

/** The path of a program of the host. */
export function mustHaveTool(wish: StorageWish, name: string, pack: string): string {
  const path = factsOf(wish).tools.get(name);
  if (path !== undefined) return path;
  throw refusal(wish, `${wish.path}: there is no program ${name}`, `install ${pack}`);
}
