/** mkdir -p. `recursive` of Node.js tries for ever where nothing can be made, as in /proc. */

import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoCode, reason } from './errno.ts';
import { LxcError } from './error.ts';

/** @throws LxcError where one cannot be made */
export function makeDirectories(path: string, mode = 0o777): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  if (dirname(path) !== path) makeDirectories(dirname(path), mode);
  try {
    mkdirSync(path, { mode });
  } catch (error) {
    if (errnoCode(error) === 'EEXIST') return;
    throw new LxcError(`Failed to create ${path}: ${reason(error)}`, { cause: error });
  }
}
