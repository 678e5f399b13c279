import { globSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/index.ts';
import { isGrounded, keep, runsAlone, withoutPid } from '../../../src/run/replay.ts';
import { ByteReader } from '../../../src/wire/bytes.ts';
import type { PlannedOp } from '../../../src/wire/program.ts';

let dir: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'lxc-ts-'));
});

afterEach(() => rmSync(dir, { recursive: true }));

const answer = (hello: string) => ({
  hello: Buffer.from(hello),
  namespaces: '0123456789abcdef',
  grounds: [{ kind: 'absent', path: '/none' }] as const,
  again: { kind: 'program', bytes: Buffer.from('run') } as const,
});

test('An answer is kept under its words, for its owner alone', () => {
  keep(dir, answer('words'));
  const [file = ''] = globSync(`${dir}/replay/*`);
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(statSync(join(dir, 'replay')).mode & 0o777).toBe(0o700);
  const bytes = readFileSync(file);
  expect(bytes.toString('latin1', 0, 8)).toBe('LXCTSA2\n');
  const from = new ByteReader(bytes.subarray(8));
  expect(from.blob().toString()).toBe('words');
  expect(from.text()).toBe('0123456789abcdef');
  expect(from.u32()).toBe(1);
});

test('Other words have another file, the same words the same', () => {
  keep(dir, answer('one'));
  keep(dir, answer('two'));
  keep(dir, answer('two'));
  expect(globSync(`${dir}/replay/*`)).toHaveLength(2);
});

test('What nobody repeats goes with the others', () => {
  for (let number = 0; number < 300; number++) keep(dir, answer(`words ${number}`));
  expect(globSync(`${dir}/replay/*`).length).toBeLessThanOrEqual(256);
});

test('The caller differs each time, his words do not', () => {
  const hello = Buffer.alloc(48, 7);
  hello.writeUInt32LE(4711, 32);
  const words = withoutPid(hello);
  expect(words.readUInt32LE(32)).toBe(0);
  expect(words.subarray(0, 32)).toEqual(hello.subarray(0, 32));
  expect(hello.readUInt32LE(32)).toBe(4711);
});

test('A program that asks on its way is not run alone', () => {
  const why = { key: 'k', act: 'a' };
  const op: PlannedOp = { op: 'unlink', args: { path: '/x' }, why };
  const call: PlannedOp = { op: 'call', args: { what: 'pre-start' }, why };
  const program = (parent: PlannedOp[], child: PlannedOp[]) =>
    ({ parent, child, settings: [], after: 'return', exit: 'zero' }) as const;
  expect(runsAlone(program([op], [op]))).toBe(true);
  expect(runsAlone(program([op, call], [op]))).toBe(false);
  expect(runsAlone(program([op], [call]))).toBe(false);
});

test.each([
  ['lxc.rootfs.path = dir:/srv/x\nlxc.uts.name = x\nlxc.net.0.type = empty\nlxc.net.0.flags = up', true],
  ['lxc.cgroup.memory.limit_in_bytes = 64M\nlxc.prlimit.nofile = 64', true],
  ['lxc.rootfs.path = overlay:/lower:/upper', false],
  ['lxc.net.0.type = veth\nlxc.net.0.link = br0', false],
  ['lxc.idmap = u 0 100000 65536', false],
  ['lxc.hook.start = /bin/true', false],
  ['lxc.mount.entry = /a b none bind,idmap=container 0 0', false],
])('%j is planned from its grounds: %s', (text, expected) => {
  const io = { cwd: '/', readFile: () => text, list: () => undefined, env: () => undefined, nibble: () => 0 };
  expect(isGrounded(parseConfig(text, { file: 'config', io }))).toBe(expected);
});
