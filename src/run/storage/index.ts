/** The kinds of storage that new containers can have. */

import type { StorageType } from '../../config/index.ts';
import type { StorageMaker } from './contract.ts';
import { dir } from './dir.ts';
import { overlay } from './overlay.ts';

const makers = {
  dir,
  overlay,
} as const satisfies Partial<Record<StorageType, StorageMaker>>;

export type MadeType = keyof typeof makers;

export function isMade(type: string): type is MadeType {
  return Object.hasOwn(makers, type);
}

export function makerOf(type: MadeType): StorageMaker {
  return makers[type];
}
