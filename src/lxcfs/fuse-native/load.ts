/**
 * The npm package fuse-native, an addon around libfuse 2, for those who ask for it: what of it is used, and what to do
 * where it cannot be had. Nothing else of lxc-ts knows of it.
 */

import { createRequire } from 'node:module';
import { errnoCode } from '../../base/errno.ts';
import { LxcError } from '../../base/error.ts';

/** Calls answer with 0 or a negative error number. */
type Answer<T = void> = (status: number, result?: T) => void;

export interface Stat {
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  readonly size: number;
  readonly nlink: number;
  readonly blksize: number;
  /** Milliseconds. */
  readonly atime: number;
  readonly mtime: number;
  readonly ctime: number;
}

/** Paths begin with `/`, the mount's own. */
export interface Operations {
  getattr(path: string, answer: Answer<Stat>): void;
  readdir(path: string, answer: Answer<readonly string[]>): void;
  readlink(path: string, answer: Answer<string>): void;
  open(path: string, flags: number, answer: Answer<number>): void;
  /** Answers with the number of bytes that it put into the buffer. */
  read(path: string, file: number, to: Buffer, length: number, offset: number, answer: Answer): void;
  release(path: string, file: number, answer: Answer): void;
  truncate(path: string, size: number, answer: Answer): void;
  chmod(path: string, mode: number, answer: Answer): void;
  chown(path: string, uid: number, gid: number, answer: Answer): void;
  utimens(path: string, atime: number, mtime: number, answer: Answer): void;
}

export interface FuseOptions {
  /** Handed to libfuse as it is: further options may follow a comma. */
  readonly fsname: string;
  readonly subtype: string;
  readonly allowOther: boolean;
  readonly defaultPermissions: boolean;
  readonly debug: boolean;
  /** No timer for each call. */
  readonly timeout: false;
}

interface Fuse {
  mount(done: (error: Error | null) => void): void;
}

type FuseClass = new (mountpoint: string, operations: Operations, options: FuseOptions) => Fuse;

const version = '2.2.6';
const without = 'do without --transport';

/** Beside the program, wherever it was installed. */
const packages = (): NodeJS.Require => createRequire(`${import.meta.dirname}/`);

/** Before anything is started: whether it is there at all. */
export function findFuse(): void {
  try {
    packages().resolve('fuse-native');
  } catch (error) {
    throw unloadable(error);
  }
}

export function loadFuse(): FuseClass {
  try {
    const loaded: unknown = packages()('fuse-native');
    if (isClass(loaded)) return loaded;
  } catch (error) {
    throw unloadable(error);
  }
  throw new LxcError('Failed to load fuse-native: it is another package of that name', { hint: without });
}

function isClass(value: unknown): value is FuseClass {
  return typeof value === 'function';
}

export function unloadable(error: unknown): LxcError {
  const text = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
  if (errnoCode(error) === 'MODULE_NOT_FOUND')
    return new LxcError('Failed to load fuse-native: it is not installed', {
      hint: `npm install fuse-native@${version} beside lxc-ts, or ${without}`,
    });
  if (text.includes('libfuse.so.2'))
    return new LxcError(`Failed to load fuse-native: ${text}`, {
      hint: `apt-get install libfuse2, or ${without}`,
    });
  if (text.startsWith('No native build'))
    return new LxcError(`Failed to load fuse-native: it has no build for ${process.arch}`, { hint: without });
  return new LxcError(`Failed to load fuse-native: ${text}`, { hint: without });
}
