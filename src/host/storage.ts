/** What a plan must know of storage other than directories; of directories nothing is read. */

import { closeSync, existsSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { errnoCode } from '../base/errno.ts';
import type { Config, Rootfs } from '../config/index.ts';
import type { StorageFacts, Volume } from '../plan/facts.ts';
import type { StartRequest } from '../plan/request.ts';
import { rootfsOf } from '../plan/rootfs.ts';
import { storageTools } from '../plan/storage/index.ts';
import { contentOf, superblockBytes } from './superblock.ts';
import { findTools } from './tools.ts';

export function readStorage(config: Config, request: Pick<StartRequest, 'env'>): StorageFacts | undefined {
  const entry = config.one('lxc.rootfs.path');
  if (entry === undefined) return undefined;
  const rootfs = rootfsOf(entry.value);
  if (isDirectory(rootfs)) return undefined;
  const all = fileSystems();
  const kernelTypes = all.filter(({ nodev }) => !nodev).map(({ name }) => name);
  return {
    volume: readVolume(rootfs.path, kernelTypes),
    kernelTypes,
    hasZfs: all.some(({ name }) => name === 'zfs'),
    freeNbd: rootfs.type === 'nbd' ? freeNbd() : undefined,
    tools: findTools(storageTools(rootfs), request.env),
  };
}

function isDirectory({ type, path }: Rootfs): boolean {
  if (type === undefined) return isA(path, 'directory');
  return type === 'dir' || type === 'btrfs' || type === 'overlay' || type === 'overlayfs';
}

function isA(path: string, kind: 'directory' | 'volume'): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats === undefined) return false;
  return kind === 'directory' ? stats.isDirectory() : stats.isFile() || stats.isBlockDevice();
}

function fileSystems(): readonly { readonly name: string; readonly nodev: boolean }[] {
  const lines = readFileSync('/proc/filesystems', 'utf8').split('\n');
  return lines.flatMap((line) => {
    const [flag, name = ''] = line.split('\t');
    return name === '' ? [] : [{ name, nodev: flag === 'nodev' }];
  });
}

function readVolume(path: string, kernelTypes: readonly string[]): Volume | undefined {
  const start = isA(path, 'volume') ? readStart(path) : undefined;
  if (start === undefined) return undefined;
  const { types, holds } = contentOf(start);
  // What nobody knows is tried with everything that the kernel has, as C LXC does.
  return { types: types.length > 0 ? types : kernelTypes, holds };
}

function readStart(path: string): Buffer | undefined {
  const bytes = Buffer.alloc(superblockBytes);
  let fd: number | undefined;
  try {
    fd = openSync(path, 'r');
    return bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, 0));
  } catch (error) {
    if (errnoCode(error) === undefined) throw error;
    return undefined;
  } finally {
    if (fd !== undefined) closeSync(fd);
  }
}

/** A connected one has a pid. */
function freeNbd(): string | undefined {
  for (let number = 0; existsSync(`/sys/block/nbd${number}`); number += 1)
    if (!existsSync(`/sys/block/nbd${number}/pid`)) return `/dev/nbd${number}`;
  return undefined;
}
