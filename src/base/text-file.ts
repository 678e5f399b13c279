/** Texts of small files that need not be there, or may not be read. */

import { readFileSync } from 'node:fs';
import { errnoCode, reason } from './errno.ts';
import { LxcError } from './error.ts';

/** `undefined` where it cannot be read, whatever the reason: what tells nothing counts as absent. */
export function textIfReadable(path: string, encoding: 'utf8' | 'latin1' = 'utf8'): string | undefined {
  try {
    return readFileSync(path, encoding);
  } catch {
    return undefined;
  }
}

/**
 * `undefined` where there is none.
 * @throws LxcError where it is there and cannot be read
 */
export function textIfThere(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoCode(error) === 'ENOENT' || errnoCode(error) === 'ENOTDIR') return undefined;
    throw new LxcError(`Failed to read ${path}: ${reason(error)}`, { cause: error });
  }
}
