/**
 * Files of a root file system, which is hostile: each part of the way is opened below the one before without following
 * any link, a file must be plain, and only so much of it is read.
 */

import { closeSync, constants, fstatSync, openSync, readSync, rmSync, writeFileSync } from 'node:fs';
import { errnoCode } from './errno.ts';
import { LxcError } from './error.ts';

const mostBytes = 1024 * 1024;
const step = constants.O_NOFOLLOW | constants.O_NONBLOCK;

/** `undefined` where it is not there, or not a plain file in real directories. */
export function readInside(root: string, path: readonly string[]): string | undefined {
  try {
    return walked(root, path, readPlain);
  } catch {
    return undefined;
  }
}

/** A new file in the place of the old one; `false` where its directory is not there or is a link. */
export function writeInside(root: string, path: readonly string[], text: string): boolean {
  try {
    return walked(root, path.slice(0, -1), (directory) => replace(directory, path.at(-1) ?? '', text));
  } catch (error) {
    if (['ELOOP', 'ENOENT', 'ENOTDIR'].includes(errnoCode(error) ?? '')) return false;
    throw error;
  }
}

/** Whatever has the name is unlinked, and its successor is made only where nothing is. */
function replace(directory: number, name: string, text: string): boolean {
  mustBeName(name);
  if (!fstatSync(directory).isDirectory()) return false;
  const file = `/proc/self/fd/${directory}/${name}`;
  rmSync(file, { force: true });
  writeFileSync(file, text, { flag: 'wx', mode: 0o644 });
  return true;
}

function walked<T>(root: string, path: readonly string[], use: (descriptor: number) => T): T {
  const open: number[] = [];
  try {
    open.push(openSync(root, constants.O_RDONLY | constants.O_DIRECTORY));
    for (const part of path) {
      mustBeName(part);
      open.push(openSync(`/proc/self/fd/${open.at(-1)}/${part}`, step));
    }
    return use(open.at(-1) ?? -1);
  } finally {
    for (const descriptor of open) closeSync(descriptor);
  }
}

function mustBeName(part: string): void {
  if (/^\.{0,2}$|\//.test(part)) throw new LxcError(`"${part}" is not a name`);
}

function readPlain(descriptor: number): string | undefined {
  const { size } = fstatSync(descriptor);
  if (!fstatSync(descriptor).isFile()) return undefined;
  const bytes = Buffer.alloc(Math.min(size, mostBytes));
  return bytes.toString('utf8', 0, readSync(descriptor, bytes));
}
