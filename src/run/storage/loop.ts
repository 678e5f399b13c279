/** Image files: `rootdev` in the container's directory, attached by a loop device while it is used. */

import { closeSync, ftruncateSync, openSync } from 'node:fs';
import { reason } from '../../base/errno.ts';
import { LxcError } from '../../base/error.ts';
import { homeOf, type StorageMaker } from './contract.ts';
import { makeFileSystem, usualSize } from './tool.ts';

export const loop: StorageMaker = {
  isBlock: true,
  async make({ session, id, options }) {
    const path = `${homeOf(id)}/rootdev`;
    makeImage(path, options.fssize ?? usualSize);
    await makeFileSystem(session, path, options.fstype);
    return `loop:${path}`;
  },
};

/** All of it is a hole. */
function makeImage(path: string, size: number): void {
  const file = openSync(path, 'wx', 0o600);
  try {
    ftruncateSync(file, size);
  } catch (error) {
    throw new LxcError(`Failed to make the image ${path}: ${reason(error)}`, { cause: error });
  } finally {
    closeSync(file);
  }
}
