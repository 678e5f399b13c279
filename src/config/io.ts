/** Reading a configuration with Node.js: the caller's directory and environment, the file system, random digits. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { draw } from '../base/draw.ts';
import { errnoCode, reason } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import type { ConfigIo } from './types.ts';

export interface Caller {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export function nodeConfigIo({ cwd, env }: Caller): ConfigIo {
  return {
    cwd,
    readFile,
    list,
    env: (name) => (Object.hasOwn(env, name) ? env[name] : undefined),
    nibble: () => draw(16),
  };
}

function readFile(path: string): string | undefined {
  // Asking first is cheaper than the exception where a file need not be there.
  return existsSync(path) ? ifThere(path, () => readFileSync(path, 'utf8')) : undefined;
}

function list(path: string): readonly string[] | undefined {
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
