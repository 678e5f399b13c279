/** The plain codecs: text, words, choices, numbers, sizes. Codecs of one area live in `codecs/`. */

import { LxcError } from '../base/error.ts';
import { nearest } from './nearest.ts';
import type { Codec } from './row.ts';

/** The error of a codec: what is wrong with the value; the loader adds key, value and place. */
export function bad(reason: string, hint?: string): LxcError {
  return new LxcError(reason, { hint });
}

export const text: Codec<string> = { form: 'TEXT', parse: (value) => value, show: (value) => value };

export const path: Codec<string> = { ...text, form: 'PATH' };

/** Text of at most `limit` bytes, for names that the kernel keeps in fixed fields. */
export function shortText(form: string, limit: number): Codec<string> {
  return {
    ...text,
    form,
    parse(value) {
      const length = Buffer.byteLength(value);
      if (length > limit) throw bad(`it has ${length} bytes and the limit is ${limit}`);
      return value;
    },
  };
}

/** Text that a regular expression describes in full; `reason` completes "it is not ...". */
export function matching(form: string, pattern: RegExp, reason: string): Codec<string> {
  return {
    ...text,
    form,
    parse(value) {
      if (!pattern.test(value)) throw bad(`it is not ${reason}`);
      return value;
    },
  };
}

/** Words with blanks between them, shown one on a line. */
export function words<T>(form: string, word: (word: string) => T): Codec<readonly T[]> {
  return {
    form,
    parse: (value) => splitBlank(value).map(word),
    show: (_, written) => splitBlank(written).join('\n'),
  };
}

export function splitBlank(value: string): readonly string[] {
  return value.split(/[ \t]+/).filter((word) => word !== '');
}

export function choice<const T extends string>(...choices: readonly T[]): Codec<T> {
  return {
    form: choices.join('|'),
    choices,
    parse: (value) => pick(value, choices),
    show: (value) => value,
  };
}

export function pick<T extends string>(value: string, choices: readonly T[]): T {
  const found = choices.find((one) => one === value);
  if (found !== undefined) return found;
  const near = nearest(value, choices);
  throw bad(
    `it is not one of ${choices.join(', ')}`,
    near === undefined ? undefined : `did you mean "${near}"?`,
  );
}

/** LXC's booleans are the numbers 0 and 1, nothing else. */
export const flag: Codec<boolean> = {
  form: '0|1',
  choices: ['0', '1'],
  parse(value) {
    const number = wholeNumber(value);
    if (number === 0n || number === 1n) return number === 1n;
    throw bad('it is neither 0 nor 1');
  },
  show: (value) => (value ? '1' : '0'),
};

export const uint: Codec<number> = numberBetween('NUMBER', 0n, 0xffff_ffffn);

export const int: Codec<number> = numberBetween('NUMBER', -0x8000_0000n, 0x7fff_ffffn);

export function numberBetween(form: string, low: bigint, high: bigint): Codec<number> {
  return {
    form,
    parse(value) {
      const number = wholeNumber(value);
      if (number === undefined) throw bad('it is not a whole number');
      if (number < low || number > high) throw bad(`it is not between ${low} and ${high}`);
      return Number(number);
    },
    show: String,
  };
}

/** A number as C reads it with base 0: decimal, 0x hexadecimal, 0 octal. */
export function wholeNumber(value: string): bigint | undefined {
  const match = /^([+-]?)(?:(0x[0-9a-f]+)|0([0-7]*)|([1-9][0-9]*))$/i.exec(value);
  if (match === null) return undefined;
  const [, sign, hexadecimal, octal, decimal] = match;
  const size = BigInt(hexadecimal ?? decimal ?? (octal === '' ? '0' : `0o${octal}`));
  return sign === '-' ? -size : size;
}

const units: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30 };

/** A number of bytes: `4096`, `64KB`, `10 MB`, `1G`; the units are powers of 1024. */
export const size: Codec<number> = {
  form: 'SIZE',
  parse(value) {
    const match = /^([0-9]+)[ \t]*(?:([kmg])b?)?$/i.exec(value);
    const unit = units[(match?.[2] ?? '').toLowerCase()];
    if (match === null || unit === undefined) {
      throw bad('it is not a size', 'a size is a number of bytes, or a number and KB, MB or GB');
    }
    const bytes = Number(match[1]) * unit;
    if (!Number.isSafeInteger(bytes)) throw bad('it is too large');
    return bytes;
  },
  show: String,
  lint: (value) => (/[kmg]$/i.test(value) ? sizeQuirk(value) : undefined),
};

function sizeQuirk(value: string): string {
  return `"${value}" is read as ${value}B; C LXC ignores a one-letter unit`;
}
