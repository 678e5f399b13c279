/** `zfs:POOL/DATASET`, mounted by name; `zfs:/PATH` is where a dataset is mounted already. */

import { where } from '../../wire/ops.ts';
import { step } from '../../wire/step.ts';
import type { StorageDriver } from './contract.ts';
import { directory } from './dir.ts';
import { factsOf, refusal } from './refuse.ts';

export const zfs: StorageDriver = (wish) => {
  const { path, target, options, why } = wish;
  if (path.startsWith('/')) return directory(wish);
  if (!factsOf(wish).hasZfs)
    throw refusal(
      wish,
      `${path}: this kernel has no file system zfs`,
      'install zfsutils-linux and zfs-dkms, then modprobe zfs',
    );
  // A dataset with a mount point of its own is mounted elsewhere only when the caller says that it is the tool.
  const data = ['zfsutil', `mntpoint=${target}`, ...(options.data === '' ? [] : [options.data])].join(',');
  const args = {
    source: path,
    sourceWhere: where.host,
    target,
    targetWhere: where.host,
    fstype: 'zfs',
    flags: options.flags,
    data,
    propagation: options.propagation,
  };
  return { attach: [], mount: [step({ op: 'mount', args }, why(`mount the dataset ${path} on ${target}`))] };
};
