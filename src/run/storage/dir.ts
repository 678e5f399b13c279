/** Root file systems in directories. */

import { chmodSync, existsSync } from 'node:fs';
import { makeDirectories } from '../../base/make-directories.ts';
import { removeTreeAnyway } from '../remove.ts';
import { homeOf, type StorageMaker } from './contract.ts';

export const dir: StorageMaker = {
  make({ session, id, options, undo }) {
    const path = options.dir ?? `${homeOf(id)}/rootfs`;
    // One that is there is used, and nobody's to remove.
    if (!existsSync(path)) {
      makeDirectories(path);
      chmodSync(path, 0o755);
      undo.push(() => removeTreeAnyway(session, path));
    }
    return Promise.resolve(`dir:${path}`);
  },
};
