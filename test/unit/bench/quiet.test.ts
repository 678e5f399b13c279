import { expect, test } from 'vitest';
import { processorTime, stolenShare } from '../../../bench/quiet.ts';

const stat = (user: number, idle: number, stolen: number) =>
  `cpu  ${user} 0 0 ${idle} 0 0 0 ${stolen} 7 7\ncpu0 1 2 3 4 5 6 7 8 0 0\n`;

test('What the hypervisor took is a part of all time, which does not count the guests of this machine twice', () => {
  expect(processorTime(stat(100, 800, 100))).toEqual({ all: 1000, stolen: 100 });
});

test('The share is of the time between two looks', () => {
  const [before, after] = [processorTime(stat(100, 800, 100)), processorTime(stat(160, 810, 130))];
  expect(stolenShare(before, after)).toBe(0.3);
  expect(stolenShare(before, before)).toBe(0);
});
