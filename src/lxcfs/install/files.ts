/** Carries out what `plan.ts` has decided, on the machine or below a directory of a packager's. */

import {
  chmodSync,
  chownSync,
  existsSync,
  readFileSync,
  realpathSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { errnoCode, reason } from '../../base/errno.ts';
import { LxcError } from '../../base/error.ts';
import { makeDirectories } from '../../base/make-directories.ts';
import { textIfThere } from '../../base/text-file.ts';
import { isOwnDirectory, type Step, type World } from './plan.ts';

/** `install` is the package. */
export function worldOf({ install, root }: { readonly install: string; readonly root: string }): World {
  return {
    bin: `${install}/bin`,
    root,
    read: textIfThere,
    exists: existsSync,
    source: (name) => readFileSync(`${install}/configs/${name}`, 'utf8'),
  };
}

export function perform(steps: readonly Step[]): void {
  for (const { path, outcome, text, mode } of steps) {
    if (outcome === 'written' && text !== undefined)
      attempt(`write ${path}`, () => replace(path, text, mode));
    if (outcome === 'removed') attempt(`remove ${path}`, () => remove(path));
  }
}

/** Readers see the old text or the new one; what was there keeps its place, its owner and its mode. */
function replace(path: string, text: string, mode: number): void {
  const old = statSync(path, { throwIfNoEntry: false });
  const place = old === undefined ? path : realpathSync(path);
  const fresh = `${place}.lxc-ts-new`;
  makeDirectories(dirname(place));
  rmSync(fresh, { force: true });
  writeFileSync(fresh, text, { flag: 'wx', mode: 0o600 });
  if (old !== undefined) chownSync(fresh, old.uid, old.gid);
  chmodSync(fresh, old === undefined ? mode : old.mode & 0o7777);
  renameSync(fresh, place);
}

function remove(path: string): void {
  rmSync(path);
  if (!isOwnDirectory(path)) return;
  try {
    rmdirSync(dirname(path));
  } catch (error) {
    if (errnoCode(error) !== 'ENOTEMPTY') throw error;
  }
}

function attempt(act: string, work: () => void): void {
  try {
    work();
  } catch (error) {
    const code = errnoCode(error);
    const hint = code === 'EACCES' || code === 'EPERM' ? 'run it as root' : undefined;
    throw new LxcError(`Failed to ${act}: ${reason(error)}`, { hint, cause: error });
  }
}
