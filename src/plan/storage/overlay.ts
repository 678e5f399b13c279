/**
 * `overlay:LOWER[:LOWER...]:UPPER`: what the container writes goes to the upper directory, the lower ones stay as they
 * are. The kernel's work directory lies beside the upper one.
 */

import { posix } from 'node:path';
import type { Op } from '../../wire/ops.ts';
import { where } from '../../wire/ops.ts';
import type { PlannedOp } from '../../wire/program.ts';
import { step } from '../../wire/step.ts';
import type { StorageDriver, StorageWish } from './contract.ts';
import { mustBeDirectory, refusal } from './refuse.ts';

export interface Layers {
  /** The uppermost first, as overlayfs takes them. */
  readonly lowers: readonly string[];
  readonly upper: string;
  readonly work: string;
}

/** A path may contain colons; where a new one begins, a slash follows. */
export function layersOf(path: string): Layers {
  const all = path.split(/:(?=\/)/);
  const upper = all.at(-1) ?? '';
  return { lowers: all.slice(0, -1), upper, work: posix.join(posix.dirname(upper), 'work') };
}

export const overlay: StorageDriver = (wish) => {
  const { target, options, why } = wish;
  const layers = layersOf(wish.path);
  if (layers.lowers.length === 0)
    throw refusal(wish, `${wish.path}: it names no upper directory`, 'the form is overlay:/LOWER:/UPPER');
  for (const lower of layers.lowers) mustBeDirectory(wish, lower);
  const args = {
    source: 'overlay',
    sourceWhere: where.host,
    target,
    targetWhere: where.host,
    fstype: 'overlay',
    flags: options.flags,
    data: dataOf(wish, layers),
    propagation: options.propagation,
  };
  const act = `mount the overlay ${wish.path} on ${target}`;
  return { attach: makeDirectories(wish, layers), mount: [step({ op: 'mount', args }, why(act))] };
};

function makeDirectories({ why }: StorageWish, { upper, work }: Layers): readonly PlannedOp[] {
  return [upper, work].map((path) => {
    const make: Op = { op: 'mkdir', args: { path, where: where.host, mode: 0o755 } };
    return step(make, why(`make the directory ${path} of the overlay`));
  });
}

const pageSize = 4096;

/** Attributes that only root of the host may set are out of reach in a user namespace, where `user.*` serve instead. */
function dataOf(wish: StorageWish, { lowers, upper, work }: Layers): string {
  const { context, options } = wish;
  const data = [
    `upperdir=${escaped(upper)}`,
    `lowerdir=${lowers.map((lower) => escaped(lower).replaceAll(':', '\\:')).join(':')}`,
    `workdir=${escaped(work)}`,
    ...(context.spaces.cloned.has('user') ? ['userxattr'] : []),
    ...(options.data === '' ? [] : [options.data]),
  ].join(',');
  if (Buffer.byteLength(data) < pageSize) return data;
  throw refusal(
    wish,
    `${wish.path}: its paths are too long for a mount`,
    'use shorter paths or fewer of them',
  );
}

function escaped(path: string): string {
  return path.replaceAll('\\', '\\\\').replaceAll(',', '\\,');
}
