/** What there is to know about a key, as data: for `lxc-config explain`, the manual and whoever asks the library. Pure. */

import { keys } from './keys/index.ts';
import { findKey, modernSpelling, spellings } from './lookup.ts';
import { nearest } from './nearest.ts';
import type { Alias, Names, Row } from './row.ts';
import type { Effect } from './types.ts';

export interface KeyFacts {
  /** As it was asked for, in the current spelling: `lxc.net.0.type`. */
  readonly key: string;
  /** Its row in the table: `lxc.net.<n>.type`. */
  readonly pattern: string;
  readonly summary: string;
  /** What a value looks like; empty where only an empty one is taken. */
  readonly value: string;
  /** Whether lines add up; otherwise the last one counts. */
  readonly repeats: boolean;
  /** Takes an empty value only, which clears the keys below it. */
  readonly clears: boolean;
  readonly default?: string;
  /** All values there are. */
  readonly choices?: readonly string[];
  /** All names that stand for the last word of the pattern. */
  readonly names?: readonly string[];
  /** The version of LXC that brought it, in any spelling; of this project where it is its own. */
  readonly since: string;
  /** The version of LXC that took it away. */
  readonly removed?: string;
  /** Older spellings, and the versions of LXC that read them. */
  readonly spellings: readonly Alias[];
  /** `start`: a start acts on it; `none`: only other commands do. */
  readonly effect: Effect;
}

/** `undefined` for a key that no version knows. */
export function describeKey(asked: string): KeyFacts | undefined {
  const pattern = patternOf(asked) ?? patternOf(modernSpelling(asked) ?? '');
  const row = pattern === undefined ? undefined : rows.get(pattern);
  if (pattern === undefined || row === undefined) return undefined;
  return factsOf(findKey(asked)?.key ?? modernSpelling(asked) ?? asked, pattern, row);
}

export function describeKeys(): readonly KeyFacts[] {
  return [...rows].map(([pattern, row]) => factsOf(pattern, pattern, row));
}

/** The key that was probably meant, as the table spells it. */
export function nearestKey(asked: string): string | undefined {
  return nearest(asked, spellings());
}

/** Every current key with names and the first number filled in, as one would type it. */
export function spellingsNow(): readonly string[] {
  return describeKeys().flatMap(({ pattern, names, clears }) => {
    if (clears) return [];
    if (names !== undefined) return names.map((name) => pattern.replace(/<\w+>/, name));
    return [pattern.replace('<n>', '0').replace(/<\w+>$/, '')];
  });
}

const rows: ReadonlyMap<string, Row<unknown>> = new Map(Object.entries(keys));

function patternOf(key: string): string | undefined {
  if (rows.has(key)) return key;
  const found = findKey(key)?.row;
  return found === undefined ? undefined : [...rows].find(([, row]) => row === found)?.[0];
}

function factsOf(key: string, pattern: string, row: Row<unknown>): KeyFacts {
  const names = namesOf(row.names);
  return {
    key,
    pattern,
    summary: row.doc,
    value: row.codec.form,
    repeats: row.kind === 'many',
    clears: row.kind === 'group',
    ...(row.default === undefined ? {} : { default: defaultOf(row) }),
    ...(row.codec.choices === undefined ? {} : { choices: row.codec.choices }),
    ...(names === undefined ? {} : { names }),
    since: row.since,
    ...(row.removed === undefined ? {} : { removed: row.removed }),
    spellings: row.was,
    effect: row.effect(''),
  };
}

function namesOf(names: Names | undefined): readonly string[] | undefined {
  return names === undefined || names instanceof RegExp ? undefined : names;
}

/** Codecs of free text show what was written, of which a default has nothing. */
function defaultOf({ codec, default: value }: Row<unknown>): string {
  return typeof value === 'string' ? value : codec.show(value, '') || '0';
}
