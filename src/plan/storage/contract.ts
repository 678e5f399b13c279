/**
 * What a kind of storage contributes to a start: ops of the parent that attach it before init is born, with what
 * undoes them, and ops of the child that mount it on the mount point of the root file system.
 */

import type { Rootfs } from '../../config/index.ts';
import type { PlannedOp, Provenance } from '../../wire/program.ts';
import type { Context } from '../context.ts';
import type { HostFacts } from '../facts.ts';
import type { MountFlags } from '../mount-flags.ts';
import type { StartRequest } from '../request.ts';

export interface StoragePlan {
  readonly attach: readonly PlannedOp[];
  readonly mount: readonly PlannedOp[];
  /** It is mounted as the container's own root, by what he may reach; else by what the caller may. */
  readonly asMapped?: boolean;
}

/** What storage depends on, also where nothing is started: a copy is mounted the same way. */
export interface StorageContext extends Pick<Context, 'config' | 'root' | 'ids'> {
  readonly request: Pick<StartRequest, 'uid' | 'env'>;
  readonly facts: Pick<HostFacts, 'paths' | 'storage' | 'ids'>;
}

export interface StorageWish {
  readonly context: StorageContext;
  /** As `lxc.rootfs.path` names it, without the type. */
  readonly path: string;
  /** The mount point, which is there when the child's ops run. */
  readonly target: string;
  /** Of `lxc.rootfs.options`. */
  readonly options: MountFlags;
  /** The line to blame for what is tried. */
  readonly why: (act: string) => Provenance;
}

export type StorageKind = NonNullable<Rootfs['type']> | 'block';

export type StorageDriver = (wish: StorageWish) => StoragePlan;
