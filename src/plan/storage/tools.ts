/**
 * Storage that a program of the host has to attach first: nbd by qemu-nbd, rbd by rbd, an inactive logical volume by
 * lvchange. The program that detaches it again is the inverse, so it runs at the container's end whoever is killed.
 */

import type { Op } from '../../wire/ops.ts';
import type { PlannedOp } from '../../wire/program.ts';
import { step } from '../../wire/step.ts';
import type { StorageDriver, StorageWish } from './contract.ts';
import { factsOf, mustHaveTool, refusal } from './refuse.ts';
import { block, mountVolume } from './volume.ts';

/** udev takes its time. */
const waitMs = 5000;

interface Tool {
  readonly argv: readonly string[];
  readonly undo: readonly string[];
  readonly act: string;
}

function run({ context, why }: StorageWish, { argv, undo, act }: Tool): PlannedOp {
  const { env } = context.request;
  const spawn = (words: readonly string[]): Op => ({ op: 'spawn', args: { argv: words, env } });
  return step(spawn(argv), why(act), { undo: [spawn(undo)] });
}

function isThere({ context, path }: StorageWish): boolean {
  return context.facts.paths.has(path);
}

/** `nbd:/path/image[:PARTITION]` */
export function nbdParts(path: string): { readonly image: string; readonly partition: number | undefined } {
  const [, image = path, partition] = /^(.*):([0-9]+)$/.exec(path) ?? [];
  return { image, partition: partition === undefined ? undefined : Number(partition) };
}

export const nbd: StorageDriver = (wish) => {
  const { image, partition } = nbdParts(wish.path);
  const tool = mustHaveTool(wish, 'qemu-nbd', 'qemu-utils');
  if (!wish.context.facts.paths.has(image)) throw refusal(wish, `${image}: No such file`);
  const { kernelTypes, freeNbd } = factsOf(wish);
  if (freeNbd === undefined)
    throw refusal(
      wish,
      `${image}: there is no free network block device`,
      'load the module with modprobe nbd max_part=8; the kernel option is CONFIG_BLK_DEV_NBD',
    );
  const attach = run(wish, {
    argv: [tool, '-c', freeNbd, image],
    undo: [tool, '-d', freeNbd],
    act: `connect ${image} to ${freeNbd}`,
  });
  const source = partition === undefined ? freeNbd : `${freeNbd}p${partition}`;
  const opened = mountVolume(wish, { source, loop: false, volume: { types: kernelTypes }, waitMs });
  return { ...opened, attach: [attach, ...opened.attach] };
};

/** `rbd:/dev/rbd/POOL/IMAGE` */
export const rbd: StorageDriver = (wish) => {
  if (isThere(wish)) return block(wish);
  const image = /^\/dev\/rbd\/(.+\/[^/]+)$/.exec(wish.path)?.[1];
  if (image === undefined)
    throw refusal(wish, `${wish.path}: No such device`, 'the form is rbd:/dev/rbd/POOL/IMAGE');
  const tool = mustHaveTool(wish, 'rbd', 'ceph-common');
  return attached(wish, {
    argv: [tool, 'map', image],
    undo: [tool, 'unmap', wish.path],
    act: `map the image ${image}`,
  });
};

/** `lvm:/dev/GROUP/VOLUME` */
export const lvm: StorageDriver = (wish) => {
  if (isThere(wish)) return block(wish);
  const volume = /^\/dev\/([^/]+\/[^/]+)$/.exec(wish.path)?.[1];
  if (volume === undefined)
    throw refusal(wish, `${wish.path}: No such device`, 'the form is lvm:/dev/GROUP/VOLUME');
  const tool = mustHaveTool(wish, 'lvchange', 'lvm2');
  return attached(wish, {
    argv: [tool, '-ay', '-K', volume],
    undo: [tool, '-an', volume],
    act: `activate the logical volume ${volume}`,
  });
};

/** The device is there once the program has run; what it holds shows only then. */
function attached(wish: StorageWish, tool: Tool): ReturnType<StorageDriver> {
  const types = factsOf(wish).kernelTypes;
  const opened = mountVolume(wish, { source: wish.path, loop: false, volume: { types }, waitMs });
  return { ...opened, attach: [run(wish, tool), ...opened.attach] };
}
