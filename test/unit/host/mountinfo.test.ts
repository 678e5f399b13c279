import { expect, test } from 'vitest';
import { isShared } from '../../../src/host/mountinfo.ts';

const mountinfo = [
  '20 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw',
  '21 20 0:5 / /a rw - tmpfs tmpfs rw',
  '22 21 0:6 / /a/with\\040blank rw master:3 shared:9 - tmpfs tmpfs rw',
  '23 20 0:7 / /b rw shared:4 - tmpfs tmpfs rw',
  '24 23 0:8 / /b rw master:4 - tmpfs tmpfs rw',
].join('\n');

test.each([
  ['/', true],
  ['/x/y', true],
  ['/a', false],
  ['/ab', true],
  ['/a/with blank/x', true],
  ['/b/x', false],
])('the mount that %s lies on is shared: %s', (path, shared) => {
  expect(isShared(mountinfo, path)).toBe(shared);
});
