/** What a kind of storage can do for a new container; one file a kind. */

import type { Config } from '../../config/index.ts';
import type { ContainerId } from '../command-socket.ts';
import type { Session } from '../session.ts';
import type { Undo } from '../undo.ts';

/** The command line's words about storage; what is absent is the kind's own choice. */
export interface StorageOptions {
  /** The directory that becomes the root file system. */
  readonly dir?: string | undefined;
  /** What mkfs.TYPE makes. */
  readonly fstype?: string | undefined;
  /** In bytes. */
  readonly fssize?: number | undefined;
  readonly lvname?: string | undefined;
  readonly vgname?: string | undefined;
  readonly thinpool?: string | undefined;
  readonly zfsroot?: string | undefined;
  readonly rbdname?: string | undefined;
  readonly rbdpool?: string | undefined;
}

/** Where a root file system is to be made: the container's directory is there already. */
export interface Site {
  readonly session: Session;
  readonly id: ContainerId;
  readonly options: StorageOptions;
  /** What else its configuration says: ids, mount options. */
  readonly config: Config;
  /** Takes what is made outside the container's directory, or needs more than removing. */
  readonly undo: Undo;
}

/** What a snapshot is taken of. */
export interface Origin {
  readonly id: ContainerId;
  readonly config: Config;
}

export interface StorageMaker {
  /** An empty root file system; the answer is the text of `lxc.rootfs.path`. */
  make(site: Site): Promise<string>;
  /** One that begins with what another has, without a copy of all of it. */
  snapshot?(site: Site, origin: Origin): Promise<string>;
  /** Made by a size and a file system. */
  readonly isBlock?: boolean;
}

export function homeOf({ lxcpath, name }: ContainerId): string {
  return `${lxcpath}/${name}`;
}
