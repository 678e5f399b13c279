/**
 * A row of the key table: everything that the parser, the printer, the manual and the completion know about
 * one key. Rows are made by `one`, `many` and `group`; the codec does the work on the value.
 */

import { LxcError } from '../base/error.ts';
import type { ConfigIo, Effect } from './types.ts';

/** How the value of a key is read, checked and shown. All its functions are pure but `resolve`. */
export interface Codec<T> {
  /** What a value looks like, for messages and manuals: `NUMBER`, `PATH`, `0|1`. */
  readonly form: string;
  /** Throws LxcError without an origin; the loader adds key and place. */
  parse(text: string): T;
  /** What `lxc-info -c` shows of it; `text` is the value as written. */
  show(value: T, text: string): string;
  /** What to warn about in a value that is accepted. */
  readonly lint?: (text: string) => string | undefined;
  /** Fills in what depends on the moment of reading. */
  readonly resolve?: (text: string, io: ConfigIo) => string;
  /** The complete set of values where there is one, for completion. */
  readonly choices?: readonly string[];
}

/** A spelling of an older dialect: in use from version `since` up to version `until`. */
export interface Alias {
  readonly name: string;
  readonly since: string;
  readonly until: string;
}

export interface RowFacts {
  /** One sentence for manuals and completion. */
  readonly doc: string;
  /** The version that brought the key, under any spelling. */
  readonly since: string;
  readonly removed: string | undefined;
  readonly was: readonly Alias[];
}

/** All names, or what they look like where the kernel decides. */
export type Names = readonly string[] | RegExp;

/** `one`: the last line wins; `many`: lines add up; `group`: takes an empty value only, which clears its members. */
export type RowKind = 'one' | 'many' | 'group';

export interface Row<T, K extends RowKind = RowKind, D = unknown> extends RowFacts {
  readonly kind: K;
  readonly codec: Codec<T>;
  readonly default: D;
  /** The names a family takes behind its prefix; `undefined` for keys without a placeholder. */
  readonly names: Names | undefined;
  /** Refuses a value that the codec takes, but that makes no sense for this member of the family. */
  readonly checkMember: ((name: string, text: string) => void) | undefined;
  /** What `lxc-info -c` shows when the key is not set. */
  readonly unset: string;
  /** How it shows several values: each with a line end, or with this between them. */
  readonly between: 'line end' | '\n' | ',' | ' ';
  effect(text: string): Effect;
}

interface More<T> {
  readonly since?: string;
  readonly removed?: string;
  readonly was?: readonly Alias[];
  readonly names?: Names;
  readonly checkMember?: (name: string, text: string) => void;
  readonly unset?: string;
  readonly between?: Row<T>['between'];
  readonly effect?: Effect | ((value: T) => Effect);
}

export function one<T>(
  codec: Codec<T>,
  doc: string,
  more: More<NoInfer<T>> & { readonly default: NoInfer<T> },
): Row<T, 'one', T>;
export function one<T>(codec: Codec<T>, doc: string, more?: More<T>): Row<T, 'one', undefined>;
export function one<T>(
  codec: Codec<T>,
  doc: string,
  more: More<T> & { readonly default?: T } = {},
): Row<T, 'one', T | undefined> {
  const unset = more.unset ?? (more.default === undefined ? '' : codec.show(more.default, ''));
  return {
    ...facts(doc, more),
    kind: 'one',
    codec,
    default: more.default,
    unset,
    effect: effect(codec, more),
  };
}

export function many<T>(codec: Codec<T>, doc: string, more: More<T> = {}): Row<T, 'many', undefined> {
  return { ...facts(doc, more), kind: 'many', codec, default: undefined, effect: effect(codec, more) };
}

/** The bare prefix of a family: takes nothing but an empty value, which clears the family. */
export function group(
  doc: string,
  more: Omit<More<never>, 'names' | 'effect'> = {},
): Row<never, 'group', undefined> {
  return { ...facts(doc, more), kind: 'group', codec: nothing, default: undefined, effect: () => 'none' };
}

const nothing: Codec<never> = {
  form: '',
  parse() {
    throw new LxcError('it stands for a group of keys and takes only an empty value, which clears them');
  },
  show: () => '',
};

export function isNameOf(row: Pick<Row<unknown>, 'names'>, name: string): boolean {
  if (row.names === undefined) return false;
  return row.names instanceof RegExp ? row.names.test(name) : row.names.includes(name);
}

/** A spelling that versions up to 2.1 read. */
export function old(name: string, since = '0.6'): readonly Alias[] {
  return [{ name, since, until: '2.1' }];
}

type Common = Pick<
  Row<unknown>,
  'doc' | 'since' | 'removed' | 'was' | 'names' | 'checkMember' | 'unset' | 'between'
>;

function facts(doc: string, more: Omit<More<never>, 'effect'>): Common {
  return {
    doc,
    since: more.since ?? more.was?.[0]?.since ?? '3.0',
    removed: more.removed,
    was: more.was ?? [],
    names: more.names,
    checkMember: more.checkMember,
    unset: more.unset ?? '',
    between: more.between ?? 'line end',
  };
}

function effect<T>(codec: Codec<T>, more: More<T>): (text: string) => Effect {
  const given = more.effect ?? 'start';
  return typeof given === 'function' ? (text) => given(codec.parse(text)) : () => given;
}
