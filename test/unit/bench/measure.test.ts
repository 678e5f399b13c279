/** What is asked of a run, and what is made of the stopwatch's lines. */

import { expect, test } from 'vitest';
import { firstVersion } from '../../../bench/machine.ts';
import { totalsOf } from '../../../bench/measure.ts';
import { isChosen, optionsOf } from '../../../bench/options.ts';
import { reasonAgainst } from '../../../bench/rows/limits.ts';
import { timed, untimed } from '../../../bench/rows/row.ts';
import { sizesUpTo } from '../../../bench/rows/scale.ts';
import { fifthsOf, spread } from '../../../bench/statistics.ts';

test('Rounds are reduced to their middle and their tenths', () => {
  const values = Array.from({ length: 11 }, (_, index) => 10 - index);
  expect(spread(values)).toEqual({ p10: 1, median: 5, p90: 9 });
});

test('A loop has five parts, or as many as there are containers', () => {
  expect(fifthsOf(12)).toEqual([3, 3, 2, 2, 2]);
  expect(fifthsOf(1)).toEqual([1]);
});

test('Only timed steps count, after two rounds of warming up', () => {
  const steps = { a: [untimed('stop'), timed('start')], b: [timed('start')] };
  const round = ['a 0 9000000', 'a 1 2000000', 'b 0 5000000'];
  expect(totalsOf([...round, ...round, ...round], steps)).toEqual({ a: [2], b: [5] });
});

test('A line that the stopwatch does not write is an error', () => {
  expect(() => totalsOf(['pair: what'], { a: [], b: [] })).toThrow('Unexpected line');
});

test('A row is chosen by its name or by what comes before a dash', () => {
  expect(isChosen('ls-100', ['ls'])).toBe(true);
  expect(isChosen('ls-100', ['ls-1'])).toBe(false);
  expect(isChosen('start', undefined)).toBe(true);
});

test('Options say what is wrong with them', () => {
  const names = ['start', 'ls-1', 'ls-10'];
  expect(optionsOf(['--only', 'start,ls', '--rounds', '5'], names)).toMatchObject({
    ...{ only: ['start', 'ls'], rounds: 5, format: 'md', write: false, largest: 500 },
  });
  expect(() => optionsOf(['--only', 'stat'], names)).toThrow('there are start, ls-1, ls-10');
  expect(() => optionsOf(['--rounds', '0'], names)).toThrow('--rounds 0');
  expect(() => optionsOf(['--format', 'xml'], names)).toThrow('json or md');
});

test('Sizes end with the largest one that was asked for', () => {
  expect(sizesUpTo(500)).toEqual([1, 10, 100, 500]);
  expect(sizesUpTo(50)).toEqual([1, 10, 50]);
});

test('What is too little for so many containers is named', () => {
  const limits = { memoryMb: 9000, pids: 30_000, ptys: 3072, namespaces: 90_000 };
  expect(reasonAgainst(1000, limits)).toBeUndefined();
  expect(reasonAgainst(1000, { ...limits, memoryMb: 2000 })).toMatch(/need 3024 MB of memory .* 2000/);
  expect(reasonAgainst(2000, limits)).toContain('ptys');
});

test('Versions are found in what programs say of themselves', () => {
  expect(firstVersion('runc version 1.1.5+ds1\nspec: 1.0.2')).toBe('1.1.5');
  expect(firstVersion('systemd 252 (252.38-1~deb12u1)')).toBe('252');
  expect(firstVersion('v24.21.0')).toBe('24.21.0');
  expect(firstVersion('none')).toBeUndefined();
});
