/**
 * `overlay:LOWER[:LOWER...]:UPPER`: what the container writes goes to the upper directory, the lower ones stay as they
 * are. The kernel's work directory lies beside the upper one.
 */

import { posix } from 'node:path';
import type { Op } from '../../wire/ops.ts';
import { where } from '../../wire/ops.ts';
import type { PlannedOp } from '../../wire/program.ts';
import { step } from '../../wire/step.ts';
import { isMapped } from '../idmap.ts';
import type { StorageContext, StorageDriver, StorageWish } from './contract.ts';
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
  const directories = makeDirectories(wish, layers);
  const mount = step({ op: 'mount', args }, why(act));
  // An overlay acts on its layers as the one who mounted it.
  const asMapped = wish.context.ids !== undefined;
  return madeInside(wish.context)
    ? { attach: [], mount: [...directories, mount], asMapped }
    : { attach: directories, mount: [mount], asMapped };
};

/** What is there keeps its owner; what is new belongs to the container's root. */
function makeDirectories({ context, why }: StorageWish, { upper, work }: Layers): readonly PlannedOp[] {
  const { ids, facts } = context;
  return [upper, work]
    .filter((path) => !facts.paths.has(path))
    .flatMap((path) => {
      const make: Op = { op: 'mkdir', args: { path, where: where.host, mode: 0o755 } };
      const own: readonly Op[] =
        ids === undefined || madeInside(context)
          ? []
          : [{ op: 'chown', args: { path, where: where.host, ...ids.outside } }];
      return [make, ...own].map((op) => step(op, why(`make the directory ${path} of the overlay`)));
    });
}

/** A user can give nothing away, but inside he is the one whom it belongs to. */
function madeInside({ ids, request }: StorageContext): boolean {
  return ids !== undefined && request.uid !== 0;
}

const pageSize = 4096;

/** Attributes that only root of the host may set are out of reach in a user namespace, where `user.*` serve instead. */
function dataOf(wish: StorageWish, { lowers, upper, work }: Layers): string {
  const { context, options } = wish;
  const data = [
    `upperdir=${escaped(upper)}`,
    `lowerdir=${lowers.map((lower) => escaped(lower).replaceAll(':', '\\:')).join(':')}`,
    `workdir=${escaped(work)}`,
    ...(isMapped(context) ? ['userxattr'] : []),
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
