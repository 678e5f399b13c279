/** Looks into JSON of others: what is not of the type that was asked for counts as absent. */

import { readFileSync } from 'node:fs';
import { LxcError } from '../base/error.ts';

export function readJson(path: string, what: string): unknown {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (cause) {
    throw new LxcError(`Failed to read ${what}: it is not JSON`, { cause });
  }
}

/** The value behind a way of names. */
export function at(value: unknown, ...way: readonly string[]): unknown {
  const [name, ...rest] = way;
  if (name === undefined) return value;
  if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
  return at(Reflect.get(value, name), ...rest);
}

export function text(value: unknown): string | undefined {
  return typeof value === 'string' && value !== '' ? value : undefined;
}

export function items(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function texts(value: unknown): readonly string[] {
  return items(value).filter((item) => typeof item === 'string');
}

export function fields(value: unknown): readonly (readonly [string, unknown])[] {
  return typeof value === 'object' && value !== null ? Object.entries(value) : [];
}
