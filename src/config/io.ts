/** Reading a configuration with Node.js: the caller's directory and environment, the file system, random digits. */

import { randomInt } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { getSystemErrorMessage } from 'node:util';
import { LxcError } from '../base/error.ts';
import type { ConfigIo } from './types.ts';

export interface Caller {
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export function nodeConfigIo({ cwd, env }: Caller): ConfigIo {
  return { cwd, readFile, list, env: (name) => env[name], nibble: () => randomInt(16) };
}

function readFile(path: string): string | undefined {
  return unlessMissing(path, ['ENOENT'], () => readFileSync(path, 'utf8'));
}

function list(path: string): readonly string[] | undefined {
  return unlessMissing(path, ['ENOENT', 'ENOTDIR'], () => readdirSync(path));
}

function unlessMissing<T>(path: string, codes: readonly string[], read: () => T): T | undefined {
  try {
    return read();
  } catch (error) {
    if (!isSystemError(error)) throw error;
    if (codes.includes(error.code)) return undefined;
    throw new LxcError(`Cannot read ${path}: ${getSystemErrorMessage(error.errno)}`, { cause: error });
  }
}

function isSystemError(error: unknown): error is Error & { readonly code: string; readonly errno: number } {
  return error instanceof Error && 'code' in error && 'errno' in error && typeof error.errno === 'number';
}
