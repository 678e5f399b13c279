/** mkdir -p, also where nothing can be made. */

import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { makeDirectories } from '../../../src/base/make-directories.ts';

const root = mkdtempSync(join(tmpdir(), 'make-directories-'));
afterAll(() => rmSync(root, { recursive: true }));

test('Every directory on the way is made, with the mode that is asked for', () => {
  makeDirectories(join(root, 'a/b/c'), 0o700);
  for (const path of ['a', 'a/b', 'a/b/c']) expect(statSync(join(root, path)).mode & 0o777).toBe(0o700);
  makeDirectories(join(root, 'a/b/c'), 0o700);
});

test('In /proc nothing can be made, and that is said instead of tried for ever', () => {
  expect(() => makeDirectories('/proc/no/such/directory')).toThrow('Failed to create /proc/no: ');
});

test('A file in the way is told', () => {
  writeFileSync(join(root, 'file'), '');
  expect(() => makeDirectories(join(root, 'file/below'))).toThrow(/Failed to create .*file\/below: /);
});
