/** Interfaces of the host that a container has for a while (`phys`): in, out, and home whatever happens. */

import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { run } from './harness/commands.ts';
import type { Container } from './harness/container.ts';
import { eventually } from './harness/eventually.ts';
import type { Scope } from './harness/scope.ts';
import { test, testOurs } from './harness/suite.ts';

interface Nic {
  readonly ifname: string;
  readonly ifindex: number;
  readonly mtu: number;
  readonly address: string;
  readonly flags: readonly string[];
}

async function onHost(name: string): Promise<Nic | undefined> {
  const done = await run('ip', ['-json', 'address', 'show', 'dev', name]);
  return done.status === 0 ? (JSON.parse(done.stdout) as Nic[])[0] : undefined;
}

async function inside(container: Container): Promise<Nic[]> {
  return (await container.ip(['address'])) as Nic[];
}

/** A container to which `sysnic0` is lent as `wan`; the interface is addressed and up on the host. */
async function borrower(scope: Scope, ...config: string[]): Promise<Container> {
  await scope.link('sysnic0');
  await run('ip', ['link', 'set', 'sysnic0', 'mtu', '1450', 'address', '52:54:00:00:00:07']);
  await run('ip', ['address', 'add', '10.99.0.1/24', 'dev', 'sysnic0']);
  const lines = ['lxc.net.0.type = phys', 'lxc.net.0.link = sysnic0', 'lxc.net.0.name = wan'];
  return scope.container({ config: [...lines, ...config] });
}

const before = { ifname: 'sysnic0', mtu: 1450 };

test('An interface of the host is inside while the container runs, and home when it has stopped', async (scope) => {
  const foo = await borrower(scope, 'lxc.net.0.flags = up', 'lxc.net.0.mtu = 1300');
  await foo.start();
  expect(await onHost('sysnic0')).toBeUndefined();
  const [, wan] = await inside(foo);
  expect(wan).toMatchObject({ ifname: 'wan', mtu: 1300, address: '52:54:00:00:00:07' });
  expect(wan?.flags).toContain('UP');
  await foo.stop();
  await eventually(async () => (await onHost('sysnic0')) !== undefined, 'the interface is home');
  expect(await onHost('sysnic0')).toMatchObject(before);
});

test('An interface of the host keeps its name inside where it gets no other', async (scope) => {
  await scope.link('sysnic0');
  const foo = scope.container({ config: ['lxc.net.0.type = phys', 'lxc.net.0.link = sysnic0'] });
  await foo.start();
  expect((await inside(foo)).map(({ ifname }) => ifname)).toEqual(['lo', 'sysnic0']);
});

test('A link that ends in a plus lends one of those that begin so', async (scope) => {
  await scope.link('sysnic0');
  const foo = scope.container({ config: ['lxc.net.0.type = phys', 'lxc.net.0.link = sysni+'] });
  await foo.start();
  expect((await inside(foo))[1]?.ifname).toMatch(/^sysnic0p?$/);
});

test('An interface of the host is home before down scripts run, and not gone when up scripts do', async (scope) => {
  const foo = await borrower(scope, 'lxc.net.0.script.up = $DIR/up', 'lxc.net.0.script.down = $DIR/down');
  for (const way of ['up', 'down'])
    writeFileSync(
      `${foo.dir}/${way}`,
      '#!/bin/sh\n{ echo "$*"; ip -br link show sysnic0; } > "$0.log" 2>&1\n',
      {
        mode: 0o755,
      },
    );
  await foo.start();
  await foo.stop();
  await eventually(async () => (await onHost('sysnic0')) !== undefined, 'the interface is home');
  for (const way of ['up', 'down']) {
    const log = readFileSync(`${foo.dir}/${way}.log`, 'utf8');
    expect(log).toContain(`${foo.name} net ${way} phys sysnic0\n`);
    expect(log).toMatch(/^sysnic0@/m);
  }
});

testOurs(
  'An interface of the host gets its hardware address and its index back',
  'C LXC leaves the new one',
  async (scope) => {
    const foo = await borrower(scope, 'lxc.net.0.hwaddr = 00:16:3e:00:00:01');
    const { ifindex } = (await onHost('sysnic0')) ?? {};
    await foo.start();
    expect((await inside(foo))[1]?.address).toBe('00:16:3e:00:00:01');
    await foo.stop();
    expect(await onHost('sysnic0')).toMatchObject({ ...before, ifindex, address: '52:54:00:00:00:07' });
  },
);

testOurs(
  'An interface that was renamed inside is home under its own name',
  'C LXC loses it',
  async (scope) => {
    const foo = await borrower(scope);
    await foo.start();
    const nsenter = ['-t', String(await foo.initPid()), '-n', 'ip'];
    await run('nsenter', [...nsenter, 'link', 'set', 'wan', 'name', 'other']);
    await run('nsenter', [...nsenter, 'link', 'add', 'wan', 'type', 'bridge']);
    await foo.stop();
    expect(await onHost('sysnic0')).toMatchObject(before);
  },
);

testOurs(
  'A container with ids of its own borrows as well',
  'C LXC needs the path open to its ids',
  async (scope) => {
    const foo = await borrower(scope, 'lxc.idmap = u 0 100000 65536', 'lxc.idmap = g 0 100000 65536');
    await run('chown', ['-R', '100000:100000', foo.rootfs]);
    await foo.start();
    expect((await inside(foo))[1]?.ifname).toBe('wan');
    await foo.stop();
    expect(await onHost('sysnic0')).toMatchObject(before);
  },
);

test('An interface of the host stays with the container through a reboot', async (scope) => {
  const foo = await borrower(scope);
  await foo.start();
  const first = await foo.initPid();
  await foo.attach(['/bin/reboot', '-f']);
  await eventually(async () => {
    const pid = Number((await foo.run('info', ['-p', '-H'])).stdout);
    return pid > 0 && pid !== first && (await foo.state()) === 'RUNNING';
  }, 'the container runs again');
  expect((await inside(foo))[1]?.ifname).toBe('wan');
});

test('A second container does not get an interface that is lent', async (scope) => {
  const foo = await borrower(scope);
  await foo.start();
  const bar = scope.container({ config: ['lxc.net.0.type = phys', 'lxc.net.0.link = sysnic0'] });
  expect((await bar.run('start', ['-d'])).status).toBe(1);
  expect((await inside(foo))[1]?.ifname).toBe('wan');
});

const killed = 'C LXC leaves what a killed monitor held';

testOurs('A killed monitor: the next command has the interface at home', killed, async (scope) => {
  const foo = await borrower(scope, 'lxc.net.0.flags = up', 'lxc.net.0.mtu = 1300');
  await foo.start(['-p', `${foo.dir}/pid`]);
  process.kill(Number(readFileSync(`${foo.dir}/pid`, 'utf8')), 'SIGKILL');
  await eventually(async () => (await foo.state()) === 'STOPPED', 'the container is stopped');
  expect(await onHost('sysnic0')).toMatchObject(before);
});

testOurs(
  'A killed monitor whose init lives on: the interface stays, and comes home later',
  killed,
  async (scope) => {
    const foo = await borrower(scope, 'lxc.monitor.signal.pdeath = 0');
    await foo.start(['-p', `${foo.dir}/pid`]);
    process.kill(Number(readFileSync(`${foo.dir}/pid`, 'utf8')), 'SIGKILL');
    await eventually(async () => (await foo.state()) === 'RUNNING', 'a new monitor has taken over');
    expect((await inside(foo))[1]?.ifname).toBe('wan');
    await foo.stop();
    expect(await onHost('sysnic0')).toMatchObject(before);
  },
);

testOurs(
  'A namespace that is no more gave a real interface to the kernel: it gets its name back',
  killed,
  async (scope) => {
    const foo = await borrower(scope);
    await foo.start(['-p', `${foo.dir}/pid`]);
    // What the kernel does with a physical interface when its namespace ends; a virtual one would be destroyed.
    const pid = await foo.initPid();
    await run('nsenter', ['-t', String(pid), '-n', 'ip', 'link', 'set', 'wan', 'netns', String(process.pid)]);
    expect(await onHost('wan')).toBeDefined();
    process.kill(Number(readFileSync(`${foo.dir}/pid`, 'utf8')), 'SIGKILL');
    await eventually(async () => (await foo.state()) === 'STOPPED', 'the container is stopped');
    expect(await onHost('sysnic0')).toMatchObject(before);
  },
);

testOurs('An interface whose name was taken waits until it is free', killed, async (scope) => {
  const foo = await borrower(scope);
  await foo.start();
  await run('ip', ['link', 'add', 'sysnic0', 'type', 'bridge']);
  await foo.stop();
  await run('ip', ['link', 'delete', 'sysnic0', 'type', 'bridge']);
  await foo.state();
  expect(await onHost('sysnic0')).toMatchObject(before);
});
