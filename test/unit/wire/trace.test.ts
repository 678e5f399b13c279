/** TRACE's payload, written here as the helper writes it. */

import { expect, test } from 'vitest';
import { readTrace } from '../../../src/wire/trace.ts';

function payload(parents: number, children: number, nanoseconds: readonly number[]): Buffer {
  const bytes = Buffer.alloc(8 + 8 * nanoseconds.length);
  bytes.writeUInt32LE(parents, 0);
  bytes.writeUInt32LE(children, 4);
  nanoseconds.forEach((value, index) => {
    bytes.writeBigUInt64LE(BigInt(value), 8 + 8 * index);
  });
  return bytes;
}

test('Moments and the times of both lists are microseconds', () => {
  const moments = [90_000, 1_000_000, 1_100_000, 2_000_000, 9_000_000];
  expect(
    readTrace(payload(1, 2, [...moments, 2_100_000, 2_200_000, 3_000_000, 3_000_500, 4_000_000, 0])),
  ).toEqual({
    execCost: 90,
    began: 1000,
    said: 1100,
    run: 2000,
    done: 9000,
    parent: [{ from: 2100, to: 2200 }],
    child: [
      { from: 3000, to: 3000.5 },
      { from: 4000, to: 0 },
    ],
  });
});

test('A payload that is shorter than it says is refused', () => {
  expect(() => readTrace(payload(2, 0, [1, 2, 3, 4, 5, 6, 7]))).toThrow('64 bytes are not what they say');
});
