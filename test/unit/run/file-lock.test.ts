import { expect, test } from 'vitest';
import { kernelName } from '../../../src/run/file-lock.ts';

test.each([
  [0x1an, 12345n, '00:1a:12345'],
  [0xfd01n, 7n, 'fd:01:7'],
  // Minor numbers above 255 go on behind the major one.
  [0x10_fd01n, 7n, 'fd:101:7'],
])('a file is named as in /proc/locks: %s', (dev, inode, name) => {
  expect(kernelName(dev, inode)).toBe(name);
});
