/** lxc-device: interfaces and device nodes for containers that run, beside Debian's. */

import { existsSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { cLxc, lxc, run } from './harness/commands.ts';
import type { Container } from './harness/container.ts';
import { mapped } from './harness/mapped.ts';
import { test, testOurs } from './harness/suite.ts';

const both = 'it compares the two';
const rules = ['lxc.cgroup.devices.deny = a', 'lxc.cgroup.devices.allow = c 1:3 rwm'];
const allowed = (foo: Container) => foo.cgroupFile('devices', 'devices.list').split('\n');
/** The beginning of what `path` inside gives. */
const read = (foo: Container, path: string) => foo.attach(['dd', `if=${path}`, 'bs=8', 'count=1']);

test('A device node comes and goes, and so does the permission', async (scope) => {
  const foo = scope.container({ config: rules });
  await foo.start();
  expect(await foo.run('device', ['add', '/dev/urandom'])).toMatchObject({ stdout: '', status: 0 });
  expect(allowed(foo)).toContain('c 1:9 rwm');
  expect((await read(foo, '/dev/urandom')).stdout).not.toBe('');
  expect((await foo.run('device', ['del', '/dev/urandom'])).status).toBe(0);
  expect(allowed(foo)).not.toContain('c 1:9 rwm');
  expect((await foo.attach(['test', '-e', '/dev/urandom'])).status).toBe(1);
});

testOurs(
  'A node may have another name inside, in a directory that is made',
  'LXC makes none',
  async (scope) => {
    const foo = scope.container({ config: rules });
    await foo.start();
    for (let twice = 0; twice < 2; twice++)
      expect((await foo.run('device', ['add', '/dev/zero', '/dev/a/b/nought'])).status).toBe(0);
    expect((await foo.attach(['dd', 'if=/dev/a/b/nought', 'of=/tmp/out', 'bs=3', 'count=1'])).status).toBe(0);
    expect(statSync(join(foo.rootfs, 'tmp/out')).size).toBe(3);
    expect((await foo.run('device', ['del', '/dev/zero', '/dev/a/b/nought'])).status).toBe(0);
    expect((await foo.attach(['test', '-e', '/dev/a/b/nought'])).status).toBe(1);
  },
);

testOurs('A container with ids of its own opens the node as its root', 'LXC cannot', async (scope) => {
  const foo = mapped(scope, { config: ['lxc.autodev = 1', ...rules] });
  await foo.start();
  expect(await foo.run('device', ['add', '/dev/zero', '/dev/x/zero'])).toMatchObject({
    stderr: '',
    status: 0,
  });
  expect((await foo.attach(['dd', 'if=/dev/x/zero', 'of=/dev/null', 'bs=3', 'count=1'])).status).toBe(0);
  expect((await foo.attach(['stat', '-c', '%u:%g %t:%T', '/dev/x/zero'])).stdout).toBe('0:0 1:5\n');
  expect((await foo.run('device', ['del', '/dev/zero', '/dev/x/zero'])).status).toBe(0);
  expect((await foo.attach(['test', '-e', '/dev/x/zero'])).status).toBe(1);
});

testOurs(
  'An interface goes into a container and comes back, renamed',
  'LXC needs the first namespace',
  async (scope) => {
    await scope.link('tools0');
    const foo = scope.container({ config: ['lxc.net.0.type = empty'] });
    await foo.start();
    expect(await foo.run('device', ['add', 'tools0', 'eth5'])).toEqual({ stdout: '', stderr: '', status: 0 });
    expect(JSON.stringify(await foo.ip(['link']))).toContain('"eth5"');
    expect((await run('ip', ['link', 'show', 'tools0'])).status).toBe(1);
    expect((await foo.run('device', ['del', 'eth5', 'tools0p'])).stderr).toContain(
      'it has an interface of that name',
    );
    expect(await foo.run('device', ['del', 'eth5', 'tools0'])).toEqual({ stdout: '', stderr: '', status: 0 });
    expect((await run('ip', ['link', 'show', 'tools0'])).status).toBe(0);
  },
);

testOurs('A hostile root file system leads nowhere else', 'LXC follows links inside', async (scope) => {
  const foo = scope.container({ config: ['lxc.autodev = 0'] });
  const outside = scope.directory();
  symlinkSync(outside, join(foo.rootfs, 'link'));
  symlinkSync(join(outside, 'node'), join(foo.rootfs, 'node'));
  writeFileSync(join(foo.rootfs, 'file'), 'precious');
  await foo.start();
  for (const path of ['/link/zero', '/node', '/file', '/../zero', 'zero']) {
    const done = await foo.run('device', ['add', '/dev/zero', path]);
    expect([path, done.status]).toEqual([path, 1]);
    expect(done.stderr).toMatch(/^lxc-device: .*: Failed to /);
  }
  for (const name of ['zero', 'node']) expect(existsSync(join(outside, name))).toBe(false);
  expect(statSync(join(foo.rootfs, 'file')).size).toBe('precious'.length);
  expect((await foo.run('device', ['del', '/file'])).status).toBe(1);
  rmSync(join(foo.rootfs, 'file'));
});

testOurs('What is refused ends as it does with LXC', both, async (scope) => {
  const foo = scope.container();
  const same = async (args: readonly string[], name = foo.name) => {
    const words = ['-n', name, ...args];
    const [ours, theirs] = [await lxc('device', words), await cLxc('device', words)];
    const outcome = [theirs.status, theirs.stdout, true];
    expect([ours.status, ours.stdout, ours.stderr !== ''], words.join(' ')).toEqual(outcome);
  };
  await same(['add', '/dev/zero']);
  await same(['add', '/dev/zero'], 'nosuch');
  await same(['--nosuch']);
  await foo.start();
  for (const args of [
    [],
    ['add'],
    ['bogus', 'x'],
    ['add', 'nosuch'],
    ['add', '/dev/nosuch'],
    ['add', '/etc/passwd'],
    ['del', 'nosuch'],
    ['del', 'lo'],
  ])
    await same(args);
});
