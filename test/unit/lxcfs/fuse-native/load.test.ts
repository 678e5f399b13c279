import { expect, test } from 'vitest';
import { unloadable } from '../../../../src/lxcfs/fuse-native/load.ts';

test.each([
  [
    Object.assign(new Error("Cannot find module 'fuse-native'\nRequire stack:"), {
      code: 'MODULE_NOT_FOUND',
    }),
    'it is not installed; npm install fuse-native@2.2.6 beside lxc-ts, or do without --transport',
  ],
  [
    Object.assign(new Error('libfuse.so.2: cannot open shared object file: No such file or directory'), {
      code: 'ERR_DLOPEN_FAILED',
    }),
    'libfuse.so.2: cannot open shared object file: No such file or directory; apt-get install libfuse2, or do without --transport',
  ],
  [
    new Error('No native build was found for platform=linux'),
    `it has no build for ${process.arch}; do without --transport`,
  ],
  [new Error('Something else'), 'Something else; do without --transport'],
])('What keeps the package from being loaded is told with its cure', (error, text) => {
  expect(String(unloadable(error))).toBe(`Failed to load fuse-native: ${text}`);
});
