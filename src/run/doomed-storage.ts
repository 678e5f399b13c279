/** What of a container's storage goes with it at its destruction, and how: as a tree, or by the program it belongs to. */

import { statSync } from 'node:fs';
import { posix } from 'node:path';
import { LxcError } from '../base/error.ts';
import type { Config, Rootfs } from '../config/index.ts';
import { layersOf, nbdParts } from '../plan/index.ts';
import type { ContainerId } from './command-socket.ts';
import { removeTree } from './remove.ts';
import type { Session } from './session.ts';

/** A file, or a directory with all that is in it. */
interface Tree {
  readonly path: string;
  /** Removed by itself also inside the container's directory: it is a file system of its own there. */
  readonly apart: boolean;
}

interface Volume {
  readonly argv: readonly string[];
  /** The package of the program. */
  readonly pack: string;
}

export type Doomed = Tree | Volume;

/** `undefined`: nothing but what lies in the container's directory. */
export function doomedStorage(id: ContainerId, config: Config): Doomed | undefined {
  const entry = config.one('lxc.rootfs.path');
  if (entry === undefined || config.value('lxc.rootfs.managed') === false) return undefined;
  const doomed = ownStorage(entry.value);
  if (doomed === undefined)
    throw new LxcError(`Destroying ${id.name} failed: its storage ${entry.text} is not ours to remove`, {
      origin: entry.origin,
      hint: 'remove the storage with its own tools and set lxc.rootfs.managed = 0',
    });
  if ('argv' in doomed) return doomed;
  const { path, apart } = doomed;
  const home = `${id.lxcpath}/${id.name}`;
  if (path === home || path.startsWith(`${home}/`)) return apart ? doomed : undefined;
  if (`${id.lxcpath}/`.startsWith(`${path}/`) || path.split('/').length < 3)
    throw new LxcError(`Destroying ${id.name} failed: ${path} is not the container's own`, {
      origin: entry.origin,
      hint: 'set lxc.rootfs.managed = 0 to keep it',
    });
  return doomed;
}

/** The place that a root file system has in the file system of the host. */
export function placeOf(rootfs: Rootfs | undefined): string | undefined {
  const own = rootfs === undefined ? undefined : ownStorage(rootfs);
  return own !== undefined && 'path' in own ? own.path : undefined;
}

function ownStorage({ type, path }: Rootfs): Doomed | undefined {
  switch (type) {
    case undefined:
      return isBlock(path) ? undefined : tree(path);
    case 'dir':
    case 'loop':
      return isBlock(path) ? undefined : tree(path);
    case 'nbd':
      return tree(nbdParts(path).image);
    case 'btrfs':
      return tree(path, true);
    case 'overlay':
    case 'overlayfs':
      return tree(layersOf(path).upper);
    case 'lvm':
      return volume(/^\/dev\/([^/]+\/[^/]+)$/.exec(path)?.[1], ['lvremove', '-f'], 'lvm2');
    case 'rbd':
      return volume(/^\/dev\/rbd\/(.+\/[^/]+)$/.exec(path)?.[1], ['rbd', 'rm'], 'ceph-common');
    case 'zfs':
      return volume(path.startsWith('/') ? undefined : path, ['zfs', 'destroy', '-r'], 'zfsutils-linux');
    default:
      return type satisfies never;
  }
}

/** Its node in /dev belongs to the kernel. */
function isBlock(path: string): boolean {
  return statSync(path, { throwIfNoEntry: false })?.isBlockDevice() === true;
}

function tree(path: string, apart = false): Tree {
  return { path: posix.resolve('/', path), apart };
}

function volume(name: string | undefined, argv: readonly string[], pack: string): Volume | undefined {
  return name === undefined ? undefined : { argv: [...argv, name], pack };
}

export async function removeStorage(session: Session, doomed: Doomed): Promise<void> {
  if ('path' in doomed) return removeTree(session, doomed.path);
  const { argv, pack } = doomed;
  const { status, output } = await session.spawn({ argv, cwd: '/', stdio: 'capture' });
  if (status === 0) return;
  const missing = status === 127;
  const last = output.trim().split('\n').at(-1) ?? '';
  throw new LxcError(
    missing
      ? `Failed to remove ${argv.at(-1)}: there is no program ${argv[0]}`
      : `Failed to run ${argv.join(' ')}: it ended with status ${status}${last === '' ? '' : ` (${last})`}`,
    { hint: missing ? `install ${pack}` : undefined },
  );
}
