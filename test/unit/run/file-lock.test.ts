import { expect, test } from 'vitest';
import { isListed, kernelName } from '../../../src/run/file-lock.ts';

test.each([
  [0x1an, 12345n, '00:1a:12345'],
  [0xfd01n, 7n, 'fd:01:7'],
  // Minor numbers above 255 go on behind the major one.
  [0x10_fd01n, 7n, 'fd:101:7'],
])('a file is named as in /proc/locks: %s', (dev, inode, name) => {
  expect(kernelName(dev, inode)).toBe(name);
});

const locks = `1: POSIX  ADVISORY  WRITE 512 00:1a:1234 0 EOF
2: OFDLCK ADVISORY  WRITE -1 fe:00:77 0 EOF
2: -> OFDLCK ADVISORY  WRITE -1 fe:00:77 0 EOF
`;

test('A file with an open file description lock counts as locked', () => {
  expect(isListed(locks, 'fe:00:77')).toBe(true);
});

test('One that nobody locks does not, nor has another device its locks', () => {
  expect(isListed(locks, 'fe:00:7')).toBe(false);
  expect(isListed(locks, 'fe:01:77')).toBe(false);
  expect(isListed('', 'fe:00:77')).toBe(false);
});
