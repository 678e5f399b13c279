/** lxc-execute: one command under the small init. */

import { expect } from 'vitest';
import { lxc } from './harness/commands.ts';
import { parseProbe } from './harness/probe.ts';
import { test } from './harness/suite.ts';

test('lxc-execute runs a command and keeps its streams apart', async (scope) => {
  const foo = scope.container();
  expect(await foo.run('execute', ['--', '/probe', '--say', 'out', 'err'])).toEqual({
    stdout: 'out',
    stderr: 'err',
    status: 0,
  });
});

test('lxc-execute ends with the exit code of the command', async (scope) => {
  const foo = scope.container();
  for (const code of [0, 1, 7, 126, 127, 255]) {
    expect((await foo.run('execute', ['--', '/probe', '--exit', String(code)])).status).toBe(code);
  }
});

test('lxc-execute ends with 128 + N when signal N killed the command', async (scope) => {
  const foo = scope.container();
  expect((await foo.run('execute', ['--', '/probe', '--die', '15'])).status).toBe(143);
  expect((await foo.run('execute', ['--', '/probe', '--die', '9'])).status).toBe(137);
});

test('The command of lxc-execute has the small init as its parent', async (scope) => {
  const foo = scope.container({ config: ['lxc.uts.name = foo'] });
  const done = await foo.run('execute', ['--', '/probe']);
  const seen = parseProbe(done.stdout);
  expect(seen.pid).toBeGreaterThan(1);
  expect(seen.ppid).toBe(1);
  expect(seen.hostname).toBe('foo');
});

test('lxc-execute passes standard input on', async (scope) => {
  const foo = scope.container();
  expect((await foo.run('execute', ['--', '/bin/cat'], { input: 'hello\n' })).stdout).toBe('hello\n');
});

test('lxc-execute takes the command from lxc.execute.cmd', async (scope) => {
  const foo = scope.container({ config: ['lxc.execute.cmd = /probe --exit 9'] });
  expect((await foo.run('execute')).status).toBe(9);
});

test('lxc-execute needs no container directory', async (scope) => {
  const foo = scope.container();
  const name = scope.name();
  const done = await lxc('execute', ['-n', name, '-f', foo.configFile, '--', '/probe', '--exit', '4']);
  expect(done.status).toBe(4);
});

test('A command without any configuration is refused, not run on the files of the host', async (scope) => {
  for (const foo of [scope.container(), scope.container(), scope.container()])
    expect((await foo.run('execute', ['--', '/bin/echo', 'ran'])).status).toBe(0);
  const name = scope.name();
  for (const args of [['execute'], ['start', '-F']]) {
    const [verb = '', ...options] = args;
    const done = await lxc(verb, ['-n', name, ...options, '--', '/bin/echo', 'ran']);
    expect(done).toMatchObject({ stdout: '', status: 1 });
    expect(done.stderr).toMatch(/No container config specified|no configuration file may crash the host/);
  }
});

test('lxc-execute -u and -g choose the ids of the command', async (scope) => {
  const foo = scope.container();
  const seen = parseProbe((await foo.run('execute', ['-u', '1000', '-g', '1001', '--', '/probe'])).stdout);
  expect(seen.uid).toEqual([1000, 1000, 1000]);
  expect(seen.gid).toEqual([1001, 1001, 1001]);
});

test('lxc-execute of a command that is not there fails', async (scope) => {
  const foo = scope.container();
  expect((await foo.run('execute', ['--', '/nosuch'])).status).not.toBe(0);
});

test('lxc-execute -d starts in the background', async (scope) => {
  const foo = scope.container();
  expect((await foo.run('execute', ['-d', '--', '/bin/sleep', '100'])).status).toBe(0);
  expect(await foo.state()).toBe('RUNNING');
});

test('The small init passes signals on and reaps orphans', async (scope) => {
  const foo = scope.container();
  expect(
    (await foo.run('execute', ['-d', '--', '/probe', '--out', '/out/probe.json', '--stay'])).status,
  ).toBe(0);
  await foo.probe();
  process.kill(await foo.initPid(), 'SIGUSR1');
  await new Promise((wake) => setTimeout(wake, 200));
  expect(foo.signals()).toEqual(['10']);
});
