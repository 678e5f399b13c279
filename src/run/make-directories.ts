/** mkdir -p. `recursive` of Node.js tries for ever where nothing can be made, as in /proc. */

import { mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoCode, reason } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';

export function makeDirectories(path: string): void {
  if (statSync(path, { throwIfNoEntry: false })?.isDirectory() === true) return;
  if (dirname(path) !== path) makeDirectories(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if (errnoCode(error) === 'EEXIST') return;
    throw new LxcError(`Failed to create ${path}: ${reason(error)}`, { cause: error });
  }
}
