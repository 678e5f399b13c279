/** Options of commands: what they are called, what the help says, and what their text becomes. */

import { LxcError } from '../base/error.ts';
import type { GetoptRow } from './getopt.ts';

/** One option; `read` gets the values in the order given, `undefined` where an optional one was left out. */
export interface Option<T> extends GetoptRow {
  /** What the help calls the argument. */
  readonly metavar: string | undefined;
  readonly help: string;
  read(values: readonly (string | undefined)[]): T;
}

export interface OptionNames {
  readonly short?: string;
  readonly long: string;
  readonly help: string;
}

export interface ArgumentNames extends OptionNames {
  readonly metavar: string;
}

/** Given or not. */
export function flag(names: OptionNames): Option<boolean> {
  return { ...names, metavar: undefined, arity: 'none', read: (values) => values.length > 0 };
}

/** One text; the last one counts. */
export function text(names: ArgumentNames): Option<string | undefined> {
  return parsed(names, (value) => value);
}

/** One text that `parse` makes something of; it throws LxcError. */
export function parsed<T>(names: ArgumentNames, parse: (value: string) => T): Option<T | undefined> {
  const read = (values: readonly (string | undefined)[]): T | undefined => {
    const last = values.at(-1);
    return last === undefined ? undefined : parse(last);
  };
  return { ...names, arity: 'required', read };
}

/** All texts in the order given. */
export function list(names: ArgumentNames): Option<readonly string[]> {
  return { ...names, arity: 'required', read: (values) => values.filter((value) => value !== undefined) };
}

/** `-e` or `-ePRIV`: absent, `''`, or the argument glued to it. */
export function maybe(names: ArgumentNames): Option<string | undefined> {
  const read = (values: readonly (string | undefined)[]) =>
    values.length === 0 ? undefined : (values.at(-1) ?? '');
  return { ...names, arity: 'optional', read };
}

/** A whole decimal number and nothing else. */
export function integer(value: string): number {
  const number = /^\s*[+-]?\d+$/.test(value) ? Number(value) : Number.NaN;
  if (!Number.isSafeInteger(number)) throw new LxcError(`Failed to read '${value}' as a number`);
  return number;
}
