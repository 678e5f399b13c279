/** Where the commands say what they did, besides the terminal. */

import {
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  statSync,
  symlinkSync,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { expect } from 'vitest';
import { start as startProgram } from './harness/commands.ts';
import type { Container } from './harness/container.ts';
import { eventually } from './harness/eventually.ts';
import type { Scope } from './harness/scope.ts';
import { test, testOurs } from './harness/suite.ts';

/** Its start fails, which is worth an ERROR. */
function failing(scope: Scope, ...config: string[]): Container {
  return scope.container({ config: ['lxc.mount.entry = /nosuch/source srv none bind 0 0', ...config] });
}

const textOf = (file: string): string => (existsSync(file) ? readFileSync(file, 'utf8') : '');

test('lxc.log.file and lxc.log.level say where the log goes and what is in it', async (scope) => {
  const file = join(scope.directory(), 'own.log');
  const foo = failing(
    scope,
    `lxc.log.file = ${file}`,
    'lxc.log.level = DEBUG',
    'lxc.hook.pre-start = echo from the hook',
  );
  expect((await foo.run('start', ['-d'])).status).toBe(1);
  expect(textOf(file)).toContain(` ${foo.name} `);
  expect(textOf(file)).toMatch(/ ERROR .*\/nosuch\/source/);
  expect(textOf(file)).toMatch(/ DEBUG .*from the hook/);
});

test('A start that succeeds is logged as well, to a file that lxc.log.file names', async (scope) => {
  const file = join(scope.directory(), 'own.log');
  const foo = scope.container({
    config: [`lxc.log.file = ${file}`, 'lxc.log.level = DEBUG', 'lxc.hook.pre-start = echo from the hook'],
  });
  await foo.start();
  expect(textOf(file)).toMatch(/ DEBUG .*from the hook/);
});

test('-o is stronger than lxc.log.file', async (scope) => {
  const [own, given] = [join(scope.directory(), 'own.log'), join(scope.directory(), 'given.log')];
  const foo = failing(scope, `lxc.log.file = ${own}`);
  expect((await foo.run('start', ['-d', '-o', given])).status).toBe(1);
  expect(textOf(given)).toContain('ERROR');
  expect(textOf(own)).toBe('');
});

test('A log where no directory can be made is an error at once', async (scope) => {
  const foo = scope.container();
  const done = await foo.run('start', ['-d', '-o', '/proc/no/such/log']);
  expect(done.status).toBe(1);
  expect(done.stderr).toContain('/proc/no');
  expect(await foo.state()).toBe('STOPPED');
});

test('Without lxc.log.level only errors are logged', async (scope) => {
  const file = join(scope.directory(), 'own.log');
  const foo = failing(scope, `lxc.log.file = ${file}`, 'lxc.hook.pre-start = echo from the hook');
  expect((await foo.run('start', ['-d'])).status).toBe(1);
  expect(textOf(file)).toContain('ERROR');
  expect(textOf(file)).not.toContain('from the hook');
});

testOurs(
  'lxcts.log.size keeps the log below a size, and one file before it',
  'its own key',
  async (scope) => {
    const file = join(scope.directory(), 'own.log');
    const foo = failing(scope, `lxc.log.file = ${file}`, 'lxcts.log.size = 1KB');
    for (let turn = 0; turn < 8; turn += 1) expect((await foo.run('start', ['-d'])).status).toBe(1);
    expect(existsSync(`${file}.1`)).toBe(true);
    for (const one of [file, `${file}.1`]) expect(statSync(one).size).toBeLessThan(2048);
    await scope.container({ config: [`lxc.log.file = ${file}`, 'lxcts.log.size = 1KB'] }).start();
  },
);

/** The system's log as syslogd of busybox writes it; /dev/log leads into this world's own /run, or is made to. */
async function syslogOf(scope: Scope): Promise<string> {
  if (lstatSync('/dev/log', { throwIfNoEntry: false }) === undefined) {
    symlinkSync('/run/systemd/journal/dev-log', '/dev/log');
    scope.defer(() => rmSync('/dev/log'));
  }
  const socket = resolve('/dev', readlinkSync('/dev/log'));
  expect(socket).toMatch(/^\/run\//);
  mkdirSync(dirname(socket), { recursive: true });
  const file = join(scope.directory(), 'messages');
  const daemon = startProgram('busybox', ['syslogd', '-n', '-O', file]);
  const ended = new Promise((done) => daemon.on('close', done));
  scope.defer(async () => {
    daemon.kill('SIGKILL');
    await ended;
    rmSync('/run/systemd', { recursive: true, force: true });
  });
  await eventually(() => existsSync(socket), 'syslogd listens');
  return file;
}

test("lxc.log.syslog sends the log to the system's, with its facility", async (scope) => {
  const file = await syslogOf(scope);
  const foo = failing(scope, 'lxc.log.syslog = local3');
  expect((await foo.run('start', ['-d'])).status).toBe(1);
  await eventually(
    () => /local3\.err .*\/nosuch\/source/.test(textOf(file)),
    'the error is in the log of the system',
  );
  const bar = scope.container({
    config: ['lxc.log.syslog = local4', 'lxc.log.level = DEBUG', 'lxc.hook.pre-start = echo from the hook'],
  });
  await bar.start();
  await eventually(() => /local4\.debug .*from the hook/.test(textOf(file)), 'what the hook said is there');
});

test('A system that listens to no log holds nobody up', async (scope) => {
  const foo = scope.container({ config: ['lxc.log.syslog = daemon', 'lxc.log.level = TRACE'] });
  await foo.start();
  expect(await foo.state()).toBe('RUNNING');
});
