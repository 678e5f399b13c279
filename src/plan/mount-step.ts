/** One mount inside the container as an op, and the directories and files it needs. */

import { where } from '../wire/ops.ts';
import type { PlannedOp, Provenance } from '../wire/program.ts';
import { step } from '../wire/step.ts';
import type { Context } from './context.ts';
import { inside } from './rootfs.ts';

export interface InnerMount {
  readonly source: string;
  /** The source is a path inside the container, too. */
  readonly within?: boolean;
  /** Below the container's root, without a leading slash. */
  readonly target: string;
  readonly fstype?: string;
  readonly flags?: number;
  readonly data?: string;
  readonly propagation?: number;
}

interface More {
  readonly optional?: boolean;
}

export function mountInside(
  context: Context,
  mount: InnerMount,
  why: Provenance,
  more: More = {},
): PlannedOp {
  const target = inside(context, mount.target);
  const source =
    mount.within === true ? inside(context, mount.source) : { path: mount.source, where: where.host };
  return step(
    {
      op: 'mount',
      args: {
        source: source.path,
        sourceWhere: source.where,
        target: target.path,
        targetWhere: target.where,
        fstype: mount.fstype ?? '',
        flags: mount.flags ?? 0,
        data: mount.data ?? '',
        propagation: mount.propagation ?? 0,
      },
    },
    why,
    more,
  );
}

export function mkdirInside(context: Context, path: string, why: Provenance, more: More = {}): PlannedOp {
  return step({ op: 'mkdir', args: { ...inside(context, path), mode: 0o755 } }, why, more);
}

export function mkfileInside(context: Context, path: string, why: Provenance, more: More = {}): PlannedOp {
  return step({ op: 'mkfile', args: { ...inside(context, path), mode: 0o644 } }, why, more);
}

export function symlinkInside(
  context: Context,
  target: string,
  path: string,
  why: Provenance,
  more: More = {},
): PlannedOp {
  return step({ op: 'symlink', args: { target, ...inside(context, path) } }, why, more);
}
