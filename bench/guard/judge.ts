/** Compares counts with those written down. */

import type { Counts } from './counts.ts';

/** What a command may need more before somebody has to say that it is meant. */
const mostGrowth = 1.1;

export interface Verdict {
  readonly what: string;
  /** `undefined`: written down or counted on one side only. */
  readonly before: number | undefined;
  readonly now: number | undefined;
  readonly isGood: boolean;
}

/** What is counted and not written down is as bad as what is written down and not counted any more. */
export function judge(before: Counts, now: Counts): readonly Verdict[] {
  const names = new Set([...Object.keys(before), ...Object.keys(now)]);
  return [...names].map((what) => {
    const [old, fresh] = [before[what], now[what]];
    const isGood = old !== undefined && fresh !== undefined && fresh <= old * mostGrowth;
    return { what, before: old, now: fresh, isGood };
  });
}

export function verdictText(verdicts: readonly Verdict[]): string {
  const lines = verdicts.map(({ what, before, now, isGood }) => {
    const numbers = `${String(before ?? 'new').padStart(8)} ${String(now ?? 'gone').padStart(8)}`;
    return `${numbers}  ${what}${isGood ? '' : '   GREW: make it smaller, or run `npm run guard -- --update` and say why'}`;
  });
  return `${['  before      now', ...lines].join('\n')}\n`;
}
