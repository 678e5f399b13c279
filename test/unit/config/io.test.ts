import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { loadConfig, nodeConfigIo } from '../../../src/config/index.ts';
import { failure } from './support.ts';

const dir = mkdtempSync(join(tmpdir(), 'lxc-ts-config-'));
mkdirSync(join(dir, 'parts'));
writeFileSync(join(dir, 'main'), 'lxc.include = parts\nlxc.environment = WHO\n');
writeFileSync(join(dir, 'parts/tty.conf'), 'lxc.tty.max = 3\n');
writeFileSync(join(dir, 'latin1'), Buffer.from('# gr\xfcn\nlxc.uts.name = gr\xfcn\n', 'latin1'));
afterAll(() => rmSync(dir, { recursive: true }));

const io = nodeConfigIo({ cwd: dir, env: { WHO: 'me' } });

test('relative paths start at the directory of the caller, variables come from his environment', () => {
  const config = loadConfig('main', io);
  expect(config.value('lxc.tty.max')).toBe(3);
  expect(config.many('lxc.environment').map(({ value }) => value)).toEqual([{ name: 'WHO', value: 'me' }]);
});

test('what is not there is undefined, be it a file, a directory, or below a file', () => {
  expect(io.readFile(join(dir, 'none'))).toBeUndefined();
  expect(io.readFile(join(dir, 'main/none'))).toBeUndefined();
  expect(io.list(join(dir, 'none'))).toBeUndefined();
  expect(io.list(join(dir, 'main'))).toBeUndefined();
});

test('an include that cannot be looked at is told with its line', () => {
  symlinkSync('loop', join(dir, 'loop'));
  writeFileSync(join(dir, 'looping'), '\nlxc.include = loop\n');
  expect(failure(() => loadConfig('looping', io))).toContain('/loop: Too many levels of symbolic links');
});

test('a directory is no configuration', () => {
  expect(failure(() => loadConfig('parts', io))).toBe(`Failed to read ${dir}/parts: Is a directory`);
});

test('bytes that are not UTF-8 are refused in a setting', () => {
  expect(failure(() => loadConfig('latin1', io))).toContain('latin1:2: ');
});

test('random digits are hexadecimal', () => {
  const drawn = Array.from({ length: 200 }, () => io.nibble());
  expect(drawn.every((digit) => Number.isInteger(digit) && digit >= 0 && digit < 16)).toBe(true);
  expect(new Set(drawn).size).toBeGreaterThan(8);
});
