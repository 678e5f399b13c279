/** Many rounds as three numbers. */

import type { Spread } from './figures.ts';

export function spread(values: readonly number[]): Spread {
  const sorted = values.toSorted((one, other) => one - other);
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
  return { p10: at(0.1), median: at(0.5), p90: at(0.9) };
}

export function median(values: readonly number[]): number {
  return spread(values).median;
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}

/** How many of `all` come in each of five parts, the first ones larger; fewer parts where there are fewer than five. */
export function fifthsOf(all: number): readonly number[] {
  const parts = Math.min(5, all);
  return Array.from({ length: parts }, (_, part) => Math.floor(all / parts) + (part < all % parts ? 1 : 0));
}
