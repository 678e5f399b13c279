/** The guard's judgement of counts. */

import { expect, test } from 'vitest';
import { judge, verdictText } from '../../../bench/guard/judge.ts';

const good = (before: number, now: number) => judge({ a: before }, { a: now })[0]?.isGood;

test('Growth of up to 10 % passes', () => {
  expect(good(100, 100)).toBe(true);
  expect(good(100, 110)).toBe(true);
  expect(good(100, 20)).toBe(true);
});

test('Growth beyond 10 % fails and says what to do', () => {
  expect(good(100, 111)).toBe(false);
  expect(verdictText(judge({ a: 100 }, { a: 111 }))).toContain('111  a   GREW');
});

test('What is counted on one side only fails', () => {
  expect(judge({ a: 1 }, { b: 1 }).map(({ what, isGood }) => [what, isGood])).toEqual([
    ['a', false],
    ['b', false],
  ]);
});
