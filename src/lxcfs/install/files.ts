/**
 * Writing and removing files among those of other programs: what somebody else wrote is never replaced and never
 * removed. Ours say in their second line or before who wrote them.
 */

import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { errnoCode, reason } from '../../base/errno.ts';
import { LxcError } from '../../base/error.ts';
import type { Installed, Integration } from './integrations.ts';

export interface Place {
  /** The package. */
  readonly install: string;
  /** Put in front of every path; '' for the machine itself. */
  readonly root: string;
}

export type Outcome = 'written' | 'unchanged' | 'kept' | 'left out' | 'removed' | 'absent';

export interface Done {
  readonly path: string;
  readonly outcome: Outcome;
  /** `kept`: whose it is. */
  readonly owner?: string;
}

const mark = /^# Written by lxcfs install /m;

/** Refuses before anything is written. */
export function install({ files }: Integration, place: Place): readonly Done[] {
  for (const file of files) refuseForeign(file, place);
  return files.map((file) => write(file, place));
}

export function uninstall({ files }: Integration, place: Place): readonly Done[] {
  return files.map((file) => remove(file, place));
}

function refuseForeign(file: Installed, { root }: Place): void {
  const path = `${root}${file.path}`;
  const text = read(path);
  if (text === undefined || mark.test(text) || file.or !== undefined) return;
  throw new LxcError(`Failed to write ${path}: it is there, and somebody else wrote it`, {
    hint: 'move it away and try again',
  });
}

function write(file: Installed, { install: from, root }: Place): Done {
  const path = `${root}${file.path}`;
  if (file.ifThere !== undefined && !existsSync(`${root}${file.ifThere}`))
    return { path, outcome: 'left out' };
  const old = read(path);
  if (old !== undefined && !mark.test(old) && file.or !== undefined)
    return { path, outcome: 'kept', owner: file.or };
  const text = readFileSync(`${from}/configs/${file.source}`, 'utf8').replaceAll('@BIN@', `${from}/bin`);
  if (old === text) return { path, outcome: 'unchanged' };
  attempt(`write ${path}`, () => replace(path, text, file.mode));
  return { path, outcome: 'written' };
}

/** Readers see the old text or the new one. */
function replace(path: string, text: string, mode: number): void {
  const fresh = `${path}.lxc-ts-new`;
  mkdirSync(dirname(path), { recursive: true });
  rmSync(fresh, { force: true });
  writeFileSync(fresh, text, { flag: 'wx' });
  chmodSync(fresh, mode);
  renameSync(fresh, path);
}

function remove(file: Installed, { root }: Place): Done {
  const path = `${root}${file.path}`;
  const text = read(path);
  if (text === undefined) return { path, outcome: 'absent' };
  if (!mark.test(text)) return { path, outcome: 'kept', owner: file.or ?? 'somebody else' };
  attempt(`remove ${path}`, () => rmSync(path));
  removeIfEmpty(dirname(path));
  return { path, outcome: 'removed' };
}

/** Our own directory; those of others have files of theirs, or are wanted empty. */
function removeIfEmpty(directory: string): void {
  if (!directory.endsWith('/lxc-ts')) return;
  try {
    rmdirSync(directory);
  } catch (error) {
    if (errnoCode(error) !== 'ENOTEMPTY') throw error;
  }
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (errnoCode(error) === 'ENOENT' || errnoCode(error) === 'ENOTDIR') return undefined;
    throw new LxcError(`Failed to read ${path}: ${reason(error)}`, { cause: error });
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
