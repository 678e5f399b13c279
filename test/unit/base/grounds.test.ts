import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Grounds } from '../../../src/base/grounds.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lxc-ts-'));
});

afterEach(() => rmSync(dir, { recursive: true }));

test('Looking remembers what was seen and what was not there', () => {
  const grounds = new Grounds();
  const file = join(dir, 'file');
  writeFileSync(file, 'text\n');
  expect(grounds.text(file)).toBe('text\n');
  expect(grounds.text(join(dir, 'none'))).toBeUndefined();
  expect(grounds.exists(dir)).toBe(true);
  expect(grounds.stat('/dev/null')?.isCharacterDevice()).toBe(true);
  expect(grounds.all).toEqual([
    { kind: 'text', path: file, text: 'text\n' },
    { kind: 'absent', path: join(dir, 'none') },
    { kind: 'present', path: dir },
    { kind: 'node', path: '/dev/null', numbers: [0o020000n, 0x103n] },
  ]);
  expect(grounds.isWhole).toBe(true);
});

test('A file of the caller is written down under the name that he finds it by', () => {
  const grounds = new Grounds();
  grounds.text(`/proc/${process.pid}/cgroup`, '/proc/self/cgroup');
  expect(grounds.all.map(({ path }) => path)).toEqual(['/proc/self/cgroup']);
});

test('A directory is another one when a name was added', () => {
  const [before, after] = [new Grounds(), new Grounds()];
  before.unchanged(dir);
  writeFileSync(join(dir, 'more'), '');
  after.unchanged(dir);
  expect(after.all).not.toEqual(before.all);
});

test.each([
  ['a path that depends on the directory', (grounds: Grounds) => grounds.exists('here')],
  ['a text that is too long', (grounds: Grounds) => grounds.holds('/x', 'x'.repeat(70_000))],
  ['what was said so', (grounds: Grounds) => grounds.spoil()],
])('Grounds with %s are not whole', (_, look) => {
  const grounds = new Grounds();
  look(grounds);
  expect(grounds.isWhole).toBe(false);
});
