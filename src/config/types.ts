/**
 * What a loaded configuration is: plain entries with the place they came from, and what reading them needs
 * from outside. Everything here is data; the reading is in `load.ts`, the typed view in `view.ts`.
 */

import type { Origin } from '../base/error.ts';

/** One effective line: the key in its current spelling, and the text of the value. */
export interface RawEntry {
  readonly key: string;
  /** The key as the file spells it, which may be that of an older dialect. */
  readonly spelled: string;
  /** Quotes removed; random digits of `hwaddr` filled in. */
  readonly text: string;
  readonly origin: Origin;
}

/** A line with its key as spelled. */
export interface Setting {
  readonly spelled: string;
  readonly text: string;
  readonly origin: Origin;
}

export interface Entry<T> extends RawEntry {
  readonly value: T;
}

/** An entry of an open family such as `lxc.prlimit`; `name` is what stands behind the family's prefix. */
export interface NamedEntry<T> extends Entry<T> {
  readonly name: string;
}

/** `legacy`: an old spelling and its new one; `warning`: accepted, though perhaps not as it was meant. */
export interface Note {
  readonly kind: 'legacy' | 'warning';
  readonly message: string;
  readonly origin: Origin;
}

/** When a key takes effect: at a start, or only where other commands act on it. */
export type Effect = 'start' | 'none';

/** Everything that reading a configuration takes from outside, so that it can run in a daemon or a test. */
export interface ConfigIo {
  /** Relative paths of includes start here: the caller's directory, not the daemon's. */
  readonly cwd: string;
  /** The text of a file, or `undefined` if there is none. Throws LxcError if it cannot be read. */
  readFile(path: string): string | undefined;
  /** The names in a directory in any order, or `undefined` if the path is not a directory. */
  list(path: string): readonly string[] | undefined;
  /** A variable of the caller's environment. */
  env(name: string): string | undefined;
  /** One random number from 0 to 15, for the wildcards of `hwaddr`. */
  nibble(): number;
}
