/** The pages of the manual, read by the programs that show them. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { installedNames } from '../../scripts/names.ts';
import { keys } from '../../src/config/index.ts';
import { run } from '../system/harness/commands.ts';

const directory = join(import.meta.dirname, '../../man');
const pages = readdirSync(directory).map((name) => join(directory, name));

test('groff has nothing to say about any page', async () => {
  const done = await run('groff', ['-man', '-ww', '-Tutf8', '-z', ...pages]);
  expect(done.stdout + done.stderr).toBe('');
});

test('mandoc has nothing to say about any page', async () => {
  const done = await run('mandoc', ['-T', 'lint', '-W', 'warning', ...pages]);
  expect(done.stdout + done.stderr).toBe('');
});

test('man shows a command with its options', async () => {
  const env = {
    ...process.env,
    MANPAGER: 'cat',
    MAN_KEEP_FORMATTING: '',
    MANWIDTH: '100',
    LC_ALL: 'C.UTF-8',
  };
  const { stdout } = await run('man', ['-l', join(directory, 'lxc-start.1')], { env });
  expect(stdout).toContain('lxc-start [-n] NAME [OPTION...] [-- COMMAND [ARG...]]');
  expect(stdout).toContain('-p FILE, --pidfile=FILE');
});

test('Every command that is installed has a page', () => {
  const own = installedNames.filter((name) => !/^lxcfs-/.test(name));
  expect(pages).toEqual(expect.arrayContaining(own.map((name) => join(directory, `${name}.1`))));
});

test('lxc.container.conf(5) has every key', () => {
  const text = readFileSync(join(directory, 'lxc.container.conf.5'), 'utf8').replaceAll('\\-', '-');
  for (const key of Object.keys(keys)) expect(text).toContain(`\n\\fB${key}\\fR =`);
});
