/** Root file systems in directories. */

import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { removeTreeAnyway } from '../remove.ts';
import { homeOf, type StorageMaker } from './contract.ts';

export const dir: StorageMaker = {
  make({ session, id, options, undo }) {
    const path = options.dir ?? `${homeOf(id)}/rootfs`;
    // One that is there is used, and nobody's to remove.
    if (!existsSync(path)) {
      mkdirSync(path, { recursive: true });
      chmodSync(path, 0o755);
      undo.push(() => removeTreeAnyway(session, path));
    }
    return Promise.resolve(`dir:${path}`);
  },
};
