/** What commands that make containers have in common: names, storage types and sizes as they are typed. */

import { LxcError } from '../base/error.ts';
import type { StorageType } from '../config/index.ts';

const storageTypes = ['dir', 'overlay', 'overlayfs', 'loop', 'btrfs', 'lvm', 'nbd', 'rbd', 'zfs'] as const;

/** `none` is LXC's other name of `dir`. */
export function storageType(value: string): StorageType {
  const type = storageTypes.find((one) => one === (value === 'none' ? 'dir' : value));
  if (type !== undefined) return type;
  throw new LxcError(`${value} is not a valid backing storage type`, {
    hint: `there are ${storageTypes.join(' ')}`,
  });
}

const units = 'bkmgt';

/** `SIZE[bBkKmMgGtT]`; M where there is no unit. */
export function sizeInBytes(value: string): number {
  const [, digits, unit = 'm'] = /^\s*(\d+)\s*([bkmgt]?)$/i.exec(value) ?? [];
  const size = Number(digits) * 1024 ** units.indexOf((unit || 'm').toLowerCase());
  if (Number.isSafeInteger(size) && size > 0) return size;
  throw new LxcError(`Failed to read '${value}' as a size`, {
    hint: 'the form is 512M, with one of the units b k M G T',
  });
}

/** A name as lxc-create takes it: that of one directory. */
export function containerName(value: string): string {
  if (!/^\.{0,2}$|[/\n]/.test(value)) return value;
  throw new LxcError(`Failed to use '${value}' as a container name: it is a path`, {
    hint: 'name the directory of containers with -p',
  });
}
