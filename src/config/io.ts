/** Reading a configuration with Node.js: the caller's directory and environment, the file system, random digits. */

import { existsSync, readdirSync } from 'node:fs';
import { draw } from '../base/draw.ts';
import { errnoCode, reason } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import { Grounds } from '../base/grounds.ts';
import { textIfThere } from '../base/text-file.ts';
import type { ConfigIo } from './types.ts';

export interface Caller {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Hears of everything that is read. */
  readonly grounds?: Grounds;
}

export function nodeConfigIo({ cwd, env, grounds = new Grounds() }: Caller): ConfigIo {
  return {
    cwd,
    readFile: (path) => readFile(path, grounds),
    list: (path) => list(path, grounds),
    env: (name) => (Object.hasOwn(env, name) ? env[name] : undefined),
    nibble: () => draw(16),
  };
}

function readFile(path: string, grounds: Grounds): string | undefined {
  // Asking first is cheaper than the exception where a file need not be there.
  const text = existsSync(path) ? textIfThere(path) : undefined;
  grounds.holds(path, text);
  return text;
}

function list(path: string, grounds: Grounds): readonly string[] | undefined {
  grounds.unchanged(path);
  return ifThere(path, () => readdirSync(path));
}

function ifThere<T>(path: string, read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    const code = errnoCode(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new LxcError(`Failed to read ${path}: ${reason(error)}`, { cause: error });
  }
}
