/** Which namespaces a container has of its own. */

import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Container } from './harness/container.ts';
import { test, testOurs } from './harness/suite.ts';

const kinds = ['mnt', 'pid', 'ipc', 'uts', 'net', 'cgroup', 'user'] as const;

async function own(container: Container): Promise<string[]> {
  const pid = await container.initPid();
  return kinds.filter((kind) => container.namespace(kind, pid) !== container.namespace(kind, process.pid));
}

test('A container has every namespace of its own but the user namespace', async (scope) => {
  const foo = scope.container();
  await foo.start();
  expect(await own(foo)).toEqual(['mnt', 'pid', 'ipc', 'uts', 'net', 'cgroup']);
});

test('lxc.namespace.keep keeps those of the caller', async (scope) => {
  const foo = scope.container({ config: ['lxc.namespace.keep = net ipc user', 'lxc.namespace.keep = uts'] });
  await foo.start();
  expect(await own(foo)).toEqual(['mnt', 'pid', 'cgroup']);
});

test('lxc.namespace.clone makes exactly those', async (scope) => {
  const foo = scope.container({ config: ['lxc.namespace.clone = mnt pid', 'lxc.namespace.clone = uts'] });
  await foo.start();
  expect(await own(foo)).toEqual(['mnt', 'pid', 'uts']);
});

test('lxc.namespace.clone and keep together are refused', async (scope) => {
  const foo = scope.container({ config: ['lxc.namespace.clone = mnt', 'lxc.namespace.keep = net user'] });
  expect((await foo.run('start', ['-d'])).status).toBe(1);
});

test('lxc.net.0.type = none shares the network of the host', async (scope) => {
  const foo = scope.container({ config: ['lxc.net.0.type = none'] });
  await foo.start();
  expect(await own(foo)).toEqual(['mnt', 'pid', 'ipc', 'uts', 'cgroup']);
});

test('lxc.namespace.share takes a namespace of another container by name, pid or path', async (scope) => {
  const foo = scope.container({ config: ['lxc.uts.name = foo'] });
  await foo.start();
  const pid = await foo.initPid();
  for (const of of [foo.name, String(pid), `/proc/${pid}/ns/net`]) {
    const bar = scope.container({ config: [`lxc.namespace.share.net = ${of}`] });
    await bar.start();
    expect(bar.namespace('net', await bar.initPid())).toBe(foo.namespace('net', pid));
    await bar.stop();
  }
});

test('--share-net and --share-uts do the same on the command line', async (scope) => {
  const foo = scope.container({ config: ['lxc.uts.name = foo'] });
  await foo.start();
  const bar = scope.container({ config: ['lxc.uts.name = bar'] });
  await bar.start([`--share-net=${foo.name}`, `--share-uts=${foo.name}`, `--share-ipc=${foo.name}`]);
  const [a, b] = [await foo.initPid(), await bar.initPid()];
  expect(['net', 'uts', 'ipc'].map((kind) => bar.namespace(kind, b))).toEqual(
    ['net', 'uts', 'ipc'].map((kind) => foo.namespace(kind, a)),
  );
  expect((await bar.probe()).hostname).toBe('foo');
});

test('--share-pid puts init into the pid namespace of another container', async (scope) => {
  const foo = scope.container();
  await foo.start();
  const bar = scope.container();
  await bar.start([`--share-pid=${foo.name}`]);
  expect(bar.namespace('pid', await bar.initPid())).toBe(foo.namespace('pid', await foo.initPid()));
  expect((await bar.probe()).pid).toBeGreaterThan(1);
});

test('lxc.time.offset sets the clocks of the container off by that much', async (scope) => {
  const foo = scope.container({
    config: ['lxc.time.offset.boot = 86400s', 'lxc.time.offset.monotonic = 3600s'],
  });
  await foo.start();
  const pid = await foo.initPid();
  expect(foo.namespace('time', pid)).not.toBe(foo.namespace('time', process.pid));
  expect((await foo.attach(['readlink', '/proc/self/ns/time'])).stdout.trim()).toBe(
    foo.namespace('time', pid),
  );
  const uptime = Number((await foo.attach(['cat', '/proc/uptime'])).stdout.split(' ')[0]);
  expect(uptime).toBeGreaterThan(86400);
  expect(readFileSync(`/proc/${pid}/timens_offsets`, 'utf8')).toMatch(
    /monotonic +3600 +0\nboottime +86400 +0/,
  );
});

testOurs(
  'Clocks go back and by parts of a second, with mapped ids too',
  'it refuses all units but s and ns',
  async (scope) => {
    const foo = scope.container({
      config: [
        'lxc.time.offset.boot = 36h',
        'lxc.time.offset.monotonic = -1500ms',
        'lxc.idmap = u 0 100000 65536',
        'lxc.idmap = g 0 100000 65536',
        'lxc.init.cmd = /bin/sleep 1000',
      ],
    });
    await foo.start();
    expect(readFileSync(`/proc/${await foo.initPid()}/timens_offsets`, 'utf8')).toMatch(
      /monotonic +-2 +500000000\nboottime +129600 +0/,
    );
  },
);
