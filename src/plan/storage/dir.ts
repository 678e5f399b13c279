/** Directories, also those that are subvolumes of btrfs or mounted datasets of ZFS: bound as they are. */

import { where } from '../../wire/ops.ts';
import { step } from '../../wire/step.ts';
import { ms } from '../mount-flags.ts';
import type { StorageDriver } from './contract.ts';
import { mustBeDirectory } from './refuse.ts';

export const directory: StorageDriver = (wish) => {
  const { path, target, options, why } = wish;
  mustBeDirectory(wish, path);
  const args = {
    source: path,
    sourceWhere: where.host,
    target,
    targetWhere: where.host,
    fstype: '',
    flags: options.flags | ms.bind | ms.rec,
    data: options.data,
    propagation: options.propagation,
  };
  const act = `mount the root file system ${path} on ${target}`;
  return { attach: [], mount: [step({ op: 'mount', args }, why(act))] };
};
