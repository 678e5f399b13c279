/** Where templates keep what they fetched. */

import { mkdirSync } from 'node:fs';
import { LxcError } from '../base/error.ts';
import type { Given } from './contract.ts';

/** LXC_CACHE_PATH as in LXC; otherwise the machine's, or that of the user whose container has ids of its own. */
export function cacheDirectory({ mapped }: Pick<Given, 'mapped'>, kind: string): string {
  const user = `${process.env.HOME ?? '/root'}/.cache/lxc`;
  const base = process.env.LXC_CACHE_PATH ?? (mapped === undefined ? '/var/cache/lxc' : user);
  const path = `${base}/${kind}`;
  try {
    mkdirSync(path, { recursive: true });
    return path;
  } catch (cause) {
    throw new LxcError(`Failed to create the cache ${path}`, {
      cause,
      hint: 'set LXC_CACHE_PATH to a directory that you may write',
    });
  }
}
