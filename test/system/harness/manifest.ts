/** What is in a tree, one line a name: two moments are the same where nobody wrote, made, removed or changed anything. */

import { createHash } from 'node:crypto';
import { lstatSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { join } from 'node:path';

export function manifest(path: string): string[] {
  const stats = lstatSync(path);
  const { mode, uid, gid, size, mtimeMs, ctimeMs, nlink } = stats;
  const line = `${path} ${mode.toString(8)} ${uid}:${gid} ${size} ${nlink} ${mtimeMs} ${ctimeMs} ${contentOf(path)}`;
  const names = stats.isDirectory() ? readdirSync(path).sort() : [];
  return [line, ...names.flatMap((name) => manifest(join(path, name)))];
}

function contentOf(path: string): string {
  const stats = lstatSync(path);
  if (stats.isSymbolicLink()) return readlinkSync(path);
  return stats.isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex') : '';
}

/** The names and kinds in a directory such as /dev, where times change all the time. */
export function names(path: string): string[] {
  return readdirSync(path)
    .sort()
    .map((name) => `${name} ${kindOf(join(path, name))}`);
}

function kindOf(path: string): string {
  const stats = lstatSync(path, { throwIfNoEntry: false });
  return stats === undefined ? 'gone' : `${stats.mode.toString(8)} ${stats.uid}:${stats.gid} ${stats.rdev}`;
}
