/** Limits and places of a container in the kernel's cgroup files. */

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { binDir, run, underC } from './harness/commands.ts';
import { eventually } from './harness/eventually.ts';
import { removeCgroups } from './harness/remove-cgroups.ts';
import { test, testOurs } from './harness/suite.ts';
import { hierarchies } from './harness/world.ts';

const legacy = ['cpu', 'cpuset', 'memory', 'devices', 'freezer', 'blkio', 'pids', 'systemd'];

function cgroupsOf(pid: number | string): Record<string, string> {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n');
  return Object.fromEntries(
    lines.map((line) => {
      const [, controllers = '', path = ''] = line.split(':');
      return [controllers === '' ? 'unified' : controllers.replace('name=', ''), path];
    }),
  );
}

test('Init is in the payload cgroup of every hierarchy, the monitor is not, and its memory is its own', async (scope) => {
  const foo = scope.container();
  await foo.start(['-p', `${foo.dir}/pid`]);
  const init = cgroupsOf(await foo.initPid());
  const monitor = cgroupsOf(readFileSync(`${foo.dir}/pid`, 'utf8'));
  for (const controller of legacy) {
    expect(init[controller]).toBe(`/lxc.payload.${foo.name}`);
    expect(monitor[controller]).not.toBe(init[controller]);
  }
  // A caller in the root has no limits that a monitor would have to leave; C LXC moves it all the same.
  const caller = cgroupsOf('self').memory;
  expect(monitor.memory).toBe(!underC && caller === '/' ? '/' : `/lxc.monitor.${foo.name}`);
  expect(init.unified).toBe(`/lxc.payload.${foo.name}`);
});

test('The cgroup namespace has the payload as its root', async (scope) => {
  const foo = scope.container();
  await foo.start();
  const seen = await foo.probe();
  for (const line of (seen.cgroup ?? '').trim().split('\n')) expect(line).toMatch(/:\/$/);
});

test('Limits of the config are in the files of the kernel', async (scope) => {
  const foo = scope.container({
    config: [
      'lxc.cgroup.memory.limit_in_bytes = 256M',
      'lxc.cgroup.memory.soft_limit_in_bytes = 128M',
      'lxc.cgroup.cpuset.cpus = 0',
      'lxc.cgroup.cpu.shares = 1234',
      'lxc.cgroup.cpu.cfs_quota_us = 50000',
      'lxc.cgroup.pids.max = 77',
    ],
  });
  await foo.start();
  expect(foo.cgroupFile('memory', 'memory.limit_in_bytes')).toBe('268435456');
  expect(foo.cgroupFile('memory', 'memory.soft_limit_in_bytes')).toBe('134217728');
  expect(foo.cgroupFile('cpuset', 'cpuset.cpus')).toBe('0');
  expect(foo.cgroupFile('cpu', 'cpu.shares')).toBe('1234');
  expect(foo.cgroupFile('cpu', 'cpu.cfs_quota_us')).toBe('50000');
  expect(foo.cgroupFile('pids', 'pids.max')).toBe('77');
});

test('A later value of the same cgroup file wins', async (scope) => {
  const foo = scope.container({ config: ['lxc.cgroup.cpu.shares = 100', 'lxc.cgroup.cpu.shares = 200'] });
  await foo.start();
  expect(foo.cgroupFile('cpu', 'cpu.shares')).toBe('200');
});

test('A limit that the kernel refuses stops the start', async (scope) => {
  const foo = scope.container({ config: ['lxc.cgroup.cpu.shares = many'] });
  expect((await foo.run('start', ['-d'])).status).toBe(1);
  expect(await foo.state()).toBe('STOPPED');
});

testOurs(
  'Keys of cgroup2 limit through the legacy controllers of a hybrid host',
  'C LXC ignores them',
  async (scope) => {
    const foo = scope.container({
      config: ['lxc.cgroup2.memory.max = 64M', 'lxc.cgroup2.cpu.weight = 100', 'lxc.cgroup2.pids.max = 55'],
    });
    await foo.start();
    expect(foo.cgroupFile('memory', 'memory.limit_in_bytes')).toBe('67108864');
    expect(foo.cgroupFile('cpu', 'cpu.shares')).toBe('1024');
    expect(foo.cgroupFile('pids', 'pids.max')).toBe('55');
  },
);

testOurs(
  'lxc-cgroup takes the cgroup2 name of a legacy file',
  'C LXC knows only the names of the host',
  async (scope) => {
    const foo = scope.container({ config: ['lxc.cgroup.memory.limit_in_bytes = 64M'] });
    await foo.start();
    expect((await foo.run('cgroup', ['memory.max'])).stdout.trim()).toBe('67108864');
    expect((await foo.run('cgroup', ['memory.max', '32M'])).status).toBe(0);
    expect(foo.cgroupFile('memory', 'memory.limit_in_bytes')).toBe('33554432');
  },
);

test('lxc.cgroup.dir puts payload and monitor below a directory', async (scope) => {
  const name = scope.name();
  scope.defer(() => removeCgroups(`${name}-dir`));
  const foo = scope.container({ name, config: [`lxc.cgroup.dir = ${name}-dir`] });
  await foo.start();
  const init = cgroupsOf(await foo.initPid());
  expect(init.memory).toBe(`/${foo.name}-dir/lxc.payload.${foo.name}`);
  expect((await foo.run('cgroup', ['memory.limit_in_bytes', '32M'])).status).toBe(0);
});

test('lxc.cgroup.dir.container, monitor and inner name the places', async (scope) => {
  const name = scope.name();
  scope.defer(() => removeCgroups(name));
  const foo = scope.container({ name });
  foo.configure(
    `lxc.cgroup.dir.container = ${foo.name}/outer`,
    `lxc.cgroup.dir.monitor = ${foo.name}-monitor`,
    'lxc.cgroup.dir.container.inner = inner',
    'lxc.cgroup.memory.limit_in_bytes = 64M',
  );
  await foo.start(['-p', `${foo.dir}/pid`]);
  expect(cgroupsOf(await foo.initPid()).memory).toBe(`/${foo.name}/outer/inner`);
  expect(cgroupsOf(readFileSync(`${foo.dir}/pid`, 'utf8')).memory).toBe(`/${foo.name}-monitor`);
  expect(readFileSync(`/sys/fs/cgroup/memory/${foo.name}/outer/memory.limit_in_bytes`, 'utf8')).toBe(
    '67108864\n',
  );
});

test('lxc-cgroup reaches the limits where there is an inner cgroup', async (scope) => {
  const name = scope.name();
  scope.defer(() => removeCgroups(name));
  const foo = scope.container({
    name,
    config: [
      `lxc.cgroup.dir.container = ${name}/outer`,
      `lxc.cgroup.dir.monitor = ${name}-monitor`,
      'lxc.cgroup.dir.container.inner = inner',
      'lxc.cgroup.memory.limit_in_bytes = 64M',
    ],
  });
  await foo.start();
  expect((await foo.run('cgroup', ['memory.limit_in_bytes'])).stdout.trim()).toBe('67108864');
});

test('lxc.cgroup.dir.monitor.pivot is where the monitor goes at its end', async (scope) => {
  const name = scope.name();
  scope.defer(() => removeCgroups(name));
  const foo = scope.container({
    name,
    config: [
      `lxc.cgroup.dir.container = ${name}/outer`,
      `lxc.cgroup.dir.monitor = ${name}-monitor`,
      `lxc.cgroup.dir.monitor.pivot = ${name}/pivot`,
    ],
  });
  await foo.start();
  await foo.stop();
  const gone = () => !existsSync(`/sys/fs/cgroup/memory/${name}-monitor`);
  await eventually(gone, 'the cgroup of the monitor is gone');
  expect(existsSync(`/sys/fs/cgroup/memory/${name}/pivot`)).toBe(true);
});

test('lxc.cgroup.relative makes the cgroups below the one of the caller', async (scope) => {
  const name = scope.name();
  const own = `${name}-caller`;
  mkdirSync(`/sys/fs/cgroup/memory/${own}`);
  scope.defer(() => removeCgroups(own));
  const foo = scope.container({ name, config: ['lxc.cgroup.relative = 1'] });
  const enter = `echo $$ > /sys/fs/cgroup/memory/${own}/tasks; exec "$@"`;
  const start = ['-c', enter, 'sh', join(binDir, 'lxc-start'), '-n', name];
  expect((await run('/bin/sh', start)).status).toBe(0);
  const init = cgroupsOf(await foo.initPid());
  expect(init.memory).toBe(`/${own}/lxc.payload.${name}`);
  expect(init.pids).toBe(`/lxc.payload.${name}`);
  await foo.stop();
});

test('lxc.cgroup.dir refuses to leave its place', async (scope) => {
  for (const dir of ['/absolute', 'a/../../b']) {
    const foo = scope.container({ config: [`lxc.cgroup.dir = ${dir}`] });
    expect((await foo.run('start', ['-d'])).status).toBe(1);
  }
});

test('A stop removes every cgroup of the container, also those it made itself', async (scope) => {
  const foo = scope.container({ config: ['lxc.mount.auto = sys cgroup:rw:force'] });
  await foo.start();
  await foo.probe();
  await foo.attach(['/bin/mkdir', '-p', '/sys/fs/cgroup/memory/a/b']);
  await foo.stop();
  for (const top of hierarchies()) expect(existsSync(`${top}/lxc.payload.${foo.name}`)).toBe(false);
});
