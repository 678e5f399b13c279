/** Numbers of cgroup files. Bytes stay exact in a double up to 8 PiB; nanoseconds do not, and are cut as text. */

/** What v1 calls unlimited is the largest multiple of a page; no memory is larger than an exbibyte. */
const unlimited = 2 ** 60;

/** A limit in bytes; `undefined` for none: `max`, -1, or what no machine has. */
export function parseLimit(text: string | undefined): number | undefined {
  const limit = text === undefined ? Number.NaN : Number.parseInt(text, 10);
  return limit >= 0 && limit < unlimited ? limit : undefined;
}

/** A count; 0 for a file that is gone. */
export function parseCount(text: string | undefined): number {
  const count = text === undefined ? 0 : Number.parseInt(text, 10);
  return Number.isNaN(count) ? 0 : Math.max(0, count);
}

/** Clock ticks of 1/100 s from decimal text: nanoseconds have 7 digits more, microseconds 4. */
export function ticksOf(text: string, digits: 7 | 4): number {
  return text.length > digits ? Number(text.slice(0, -digits)) : 0;
}

export function kib(bytes: number): number {
  return Math.floor(bytes / 1024);
}

export function smallest(numbers: readonly (number | undefined)[]): number | undefined {
  let found: number | undefined;
  for (const number of numbers)
    if (number !== undefined && (found === undefined || number < found)) found = number;
  return found;
}

export function clamp(number: number, most: number): number {
  return Math.min(Math.max(number, 0), most);
}
