import { expect, test } from 'vitest';
import { isLocked } from '../../../src/run/partial.ts';

const locks = `1: POSIX  ADVISORY  WRITE 512 00:1a:1234 0 EOF
2: OFDLCK ADVISORY  WRITE -1 fe:00:77 0 EOF
2: -> OFDLCK ADVISORY  WRITE -1 fe:00:77 0 EOF
`;

test('An inode with an open file description lock counts as locked', () => {
  expect(isLocked(locks, 77)).toBe(true);
});

test('An inode that nobody locks does not', () => {
  expect(isLocked(locks, 7)).toBe(false);
  expect(isLocked('', 77)).toBe(false);
});
