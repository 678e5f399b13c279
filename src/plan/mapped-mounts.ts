/**
 * Mounts whose ids are mapped: what belongs to root in the file system belongs to the container's root, and the other
 * way round. Only who may do anything with the file system maps its ids, so the parent makes such a mount, of which
 * the child gets a descriptor.
 */

import { LxcError } from '../base/error.ts';
import type { RawEntry } from '../config/index.ts';
import { where as places } from '../wire/ops.ts';
import type { PlannedOp, Provenance } from '../wire/program.ts';
import { asked, step } from '../wire/step.ts';
import type { Context } from './context.ts';
import { mountFlags, ms } from './mount-flags.ts';

interface Tree {
  readonly source: string;
  readonly options: readonly string[];
  /** `container`, or the path of a user namespace. */
  readonly idmap: string;
  readonly optional: boolean;
}

/** The parent's part, when the ids of the container are mapped. */
export function cloneTree(
  { ids }: Pick<Context, 'ids'>,
  { source, options, idmap, optional }: Tree,
  entry: RawEntry,
): PlannedOp {
  if (idmap === 'container' && ids === undefined) {
    throw new LxcError(`Failed to map the ids of ${source}: the container has those of the host`, {
      origin: entry.origin,
      hint: 'add lines lxc.idmap, or give the path of a user namespace in place of "container"',
    });
  }
  const { flags } = mountFlags(options);
  const args = {
    source,
    recursive: (flags & ms.rec) === 0 ? 0 : 1,
    flags: flags & ~(ms.bind | ms.rec),
    userns: idmap === 'container' ? '' : idmap,
  };
  return step({ op: 'cloneTree', args }, asked(entry, `map the ids of ${source}`), { optional });
}

interface Place {
  readonly target: string;
  readonly where: number;
  readonly options: readonly string[];
  readonly optional: boolean;
}

/** The child's part. */
export function takeTree({ target, where, options, optional }: Place, why: Provenance): readonly PlannedOp[] {
  const { propagation } = mountFlags(options);
  return [
    step({ op: 'takeTree', args: {} }, why, { optional }),
    step({ op: 'placeMount', args: { target, where, propagation } }, why, { optional }),
  ];
}

type Rooted = Pick<Context, 'config' | 'root' | 'ids'>;

/** `lxc.rootfs.options = idmap=...`, for a root file system that is a directory. */
export function cloneRoot(context: Rooted): readonly PlannedOp[] {
  const { config, root } = context;
  const entry = config.one('lxc.rootfs.options');
  if (root.path === undefined || entry?.value.idmap === undefined) return [];
  const { idmap, options } = entry.value;
  const tree = { source: root.path, options: [...options, 'rbind'], idmap, optional: false };
  return [cloneTree(context, tree, entry)];
}

export function placeRoot({ config, root }: Rooted): readonly PlannedOp[] | undefined {
  const entry = config.one('lxc.rootfs.options');
  if (root.path === undefined || entry?.value.idmap === undefined) return undefined;
  const place = { target: root.mount, where: places.host, options: entry.value.options, optional: false };
  return takeTree(place, asked(entry, `mount the root file system ${root.path} on ${root.mount}`));
}
