/** The proc view in containers: bound by our start, by the hook for C LXC, from our mount and from that of LXCFS. */

import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { expect } from 'vitest';
import { run, underC } from './harness/commands.ts';
import type { Container } from './harness/container.ts';
import { eventually } from './harness/eventually.ts';
import { mountsOf } from './harness/probe.ts';
import type { Scope } from './harness/scope.ts';
import { test, testOurs } from './harness/suite.ts';
import {
  mountpoint,
  ours,
  overFuseNative,
  type Server,
  serveView,
  testOver,
  testOverFuseNative,
} from './harness/view.ts';

const lxcfs = '/usr/bin/lxcfs';
const hook = resolve(import.meta.dirname, '../../configs/hooks/lxc.mount.hook');
const limits = [
  'lxc.mount.auto = proc:mixed sys:ro',
  'lxc.cgroup.memory.limit_in_bytes = 256M',
  'lxc.cgroup.cpuset.cpus = 0',
];
const native = 'the view without a hook';

/** As a process that `lxc-attach` brings in reads it. */
async function inside(container: Container, ...argv: readonly string[]): Promise<string> {
  const { stdout, stderr, status } = await container.attach(argv);
  if (status !== 0) throw new Error(`${argv.join(' ')} ended with ${status}: ${stderr}`);
  return stdout;
}

async function memory(container: Container): Promise<string> {
  return (await inside(container, '/bin/head', '-n', '1', '/proc/meminfo')).replace(/\s+/g, ' ').trim();
}

async function processors(container: Container): Promise<readonly string[]> {
  const lines = (await inside(container, '/bin/cat', '/proc/stat')).split('\n');
  return lines.flatMap((line) => /^cpu[0-9]+/.exec(line)?.[0] ?? []);
}

/** What is covered by a view, as its init sees it. */
async function covered(container: Container): Promise<readonly string[]> {
  const mounts = mountsOf(await container.probe());
  return mounts.filter(({ fstype }) => fstype === 'fuse.lxcfs').map(({ target }) => target);
}

async function seesItsLimits(scope: Scope, server: Server): Promise<void> {
  await serveView(scope, server);
  const foo = scope.container({ config: limits });
  await foo.start();
  expect(await memory(foo)).toBe('MemTotal: 262144 kB');
  expect(await processors(foo)).toEqual(['cpu0']);
  expect(await inside(foo, '/bin/cat', '/sys/devices/system/cpu/online')).toBe('0\n');
  await foo.run('cgroup', ['memory.limit_in_bytes', '128M']);
  expect(await memory(foo)).toBe('MemTotal: 131072 kB');
}

testOver('A container sees its own limits where ours is mounted', {}, seesItsLimits);
testOurs('A container sees its own limits where LXCFS is mounted', native, (scope) =>
  seesItsLimits(scope, [lxcfs]),
);

for (const program of [ours, lxcfs]) {
  test(`The hook for LXC binds ${program === ours ? 'ours' : 'LXCFS'}`, async (scope) => {
    await serveView(scope, program);
    const foo = scope.container({ config: [...limits, `lxc.hook.mount = ${hook}`] });
    await foo.start();
    expect(await memory(foo)).toBe('MemTotal: 262144 kB');
    expect(await processors(foo)).toEqual(['cpu0']);
    const places = await covered(foo);
    expect(places).toEqual([...new Set(places)]);
  });

  test(`The hook of LXCFS binds ${program === ours ? 'ours' : 'LXCFS'}`, async (scope) => {
    await serveView(scope, program);
    const foo = scope.container({ config: [...limits, 'lxc.hook.mount = /usr/share/lxcfs/lxc.mount.hook'] });
    await foo.start();
    expect(await memory(foo)).toBe('MemTotal: 262144 kB');
    const places = await covered(foo);
    expect(places).toEqual([...new Set(places)]);
  });
}

testOver('Each container sees its own limits, by its name', {}, async (scope, server) => {
  await serveView(scope, server);
  const [foo, bar] = [scope.container({ config: limits }), scope.container({ config: limits })];
  bar.configure('lxc.cgroup.memory.limit_in_bytes = 64M');
  await foo.start();
  await bar.start();
  expect([await memory(foo), await memory(bar)]).toEqual(['MemTotal: 262144 kB', 'MemTotal: 65536 kB']);
  expect(await covered(foo)).toEqual(expect.arrayContaining(['/proc/vmstat', '/sys/devices/system/cpu']));
  await foo.stop();
  await foo.start();
  expect(await memory(foo)).toBe('MemTotal: 262144 kB');
});

testOver(
  'A container outlives the servers of its view',
  { notNative: 'the mount dies with the process' },
  async (scope, server) => {
    const { pid } = await serveView(scope, server);
    const foo = scope.container({ config: limits });
    await foo.start();
    for (let round = 0; round < 3; round++) {
      const servers = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').map(Number);
      expect(servers.length).toBeGreaterThan(0);
      for (const server of servers) process.kill(server, 'SIGKILL');
      expect(await memory(foo)).toBe('MemTotal: 262144 kB');
    }
  },
);

testOverFuseNative(
  'A container that lost its view with its server is reattached to the next one',
  async (scope) => {
    const { pid } = await serveView(scope, overFuseNative);
    const server = () => readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
    const foo = scope.container({ config: limits });
    await foo.start();
    const before = server();
    process.kill(Number(before), 'SIGKILL');
    await eventually(() => server() !== before, 'another server runs');
    expect((await foo.attach(['/bin/cat', '/proc/meminfo'])).stderr).toContain('not connected');
    const reattach = async () => (await run(ours, ['reattach', String(await foo.initPid())])).status === 0;
    await eventually(reattach, 'the new mount is there to attach to');
    expect(await memory(foo)).toBe('MemTotal: 262144 kB');
  },
);

testOver('A list of files is all that is bound', {}, async (scope, server) => {
  await serveView(scope, server);
  const foo = scope.container({ config: [...limits, 'lxcts.lxcfs = meminfo /proc/uptime'] });
  await foo.start();
  expect(await covered(foo)).toEqual(['/proc/meminfo', '/proc/uptime']);
});

testOurs('lxcts.lxcfs = off shows the host', native, async (scope) => {
  await serveView(scope, ours);
  const foo = scope.container({ config: [...limits, 'lxcts.lxcfs = off'] });
  await foo.start();
  expect(await covered(foo)).toEqual([]);
});

test('Without a view a container starts as ever, and nothing is said', async (scope) => {
  const foo = scope.container({ config: [...limits, `lxc.hook.mount = ${hook}`] });
  const started = await foo.run('start', ['-d', '-l', 'INFO', '-o', join(foo.dir, 'log')]);
  expect(started).toEqual({ stdout: '', stderr: '', status: 0 });
  expect(await covered(foo)).toEqual([]);
  if (!underC) expect(readFileSync(join(foo.dir, 'log'), 'utf8')).not.toContain('lxcfs');
});

testOurs('A view that died is left out, with a line in the log', native, async (scope) => {
  const view = await serveView(scope, lxcfs);
  await view.kill();
  // LXCFS has the kernel believe in its directories for half a second.
  await new Promise((wake) => setTimeout(wake, 600));
  const foo = scope.container({ config: limits });
  const started = await foo.run('start', ['-d', '-l', 'INFO', '-o', join(foo.dir, 'log')]);
  expect(started).toEqual({ stdout: '', stderr: '', status: 0 });
  expect(await covered(foo)).toEqual([]);
  const told = () =>
    readFileSync(join(foo.dir, 'log'), 'utf8')
      .split('\n')
      .filter((line) => line.includes('lxcfs'));
  // The command does not wait for the log.
  await eventually(() => told().length > 0, 'the log tells');
  expect(told()).toHaveLength(1);
  expect(told()[0]).toContain('that lxcfs is dead; unmount it with umount -l, then start lxcfs again');
});

testOurs('lxcts.lxcfs = required does not start without a view', native, async (scope) => {
  const foo = scope.container({ config: limits });
  const line = readFileSync(foo.configFile, 'utf8').split('\n').length;
  writeFileSync(foo.configFile, 'lxcts.lxcfs = required\n', { flag: 'a' });
  const none = await foo.run('start', ['-d']);
  expect(none.status).toBe(1);
  expect(none.stderr).toContain(
    `config:${line}: Failed to show the container its own limits: no lxcfs is mounted; run lxcfs /var/lib/lxcfs, or take auto`,
  );
  const view = await serveView(scope, lxcfs);
  await view.kill();
  await new Promise((wake) => setTimeout(wake, 600));
  const dead = await foo.run('start', ['-d']);
  expect(dead.status).toBe(1);
  expect(dead.stderr).toMatch(
    new RegExp(`config:${line}: Failed to bind /var/lib/lxcfs/\\S+ on \\S+: that lxcfs is dead;`),
  );
  expect(await foo.state()).toBe('STOPPED');
});

testOver(
  'The hook hands the view on to containers inside, without the tree by name',
  { notNative: 'its handlers are not told who reads' },
  async (scope, server) => {
    await serveView(scope, server);
    const foo = scope.container({ config: [...limits, 'lxcts.lxcfs = off', `lxc.hook.mount = ${hook}`] });
    mkdirSync(join(foo.rootfs, 'var/lib/lxcfs'), { recursive: true });
    await foo.start();
    await foo.probe();
    expect(await inside(foo, '/bin/ls', '/var/lib/lxcfs')).toBe('proc\nsys\n');
    expect(await inside(foo, '/bin/head', '-n', '1', '/var/lib/lxcfs/proc/meminfo')).toMatch(/ 262144 kB/);
  },
);

/** In the tree of the host, where the programs of a distribution are. */
async function executed(foo: Container, ...argv: readonly string[]): Promise<string> {
  const keys = ['lxc.cgroup.memory.limit_in_bytes=256M', 'lxc.cgroup.cpuset.cpus=0', 'lxc.net.0.type=none'];
  const done = await foo.run('execute', [...keys.flatMap((key) => ['-s', key]), '--', ...argv]);
  if (done.status !== 0) throw new Error(`${argv.join(' ')} ended with ${done.status}: ${done.stderr}`);
  return done.stdout;
}

testOver('free, top, uptime, getconf and Node.js show the container', {}, async (scope, server) => {
  await serveView(scope, server);
  const foo = scope.container({ bare: true, config: [] });
  expect(await executed(foo, '/usr/bin/free', '-k')).toMatch(/^Mem: +262144 /m);
  expect(await executed(foo, '/usr/bin/top', '-bn1')).toMatch(/^MiB Mem : +256\.0 total/m);
  expect(await executed(foo, '/usr/bin/uptime')).toMatch(/ up 0 min/);
  for (const name of ['_NPROCESSORS_ONLN', '_NPROCESSORS_CONF'])
    expect(await executed(foo, '/usr/bin/getconf', name)).toBe('1\n');
  const script = 'const os = require("os"); console.log(os.totalmem(), os.cpus().length)';
  expect(await executed(foo, process.execPath, '-e', script)).toBe('268435456 1\n');
});

testOver(
  'A container that has the whole mount sees its own limits in the trees of others',
  { notNative: 'its handlers are not told who reads' },
  async (scope, server) => {
    await serveView(scope, server);
    const entry = `lxc.mount.entry = ${mountpoint} srv none bind 0 0`;
    const [foo, bar] = [scope.container({ config: [...limits, entry] }), scope.container({ config: limits })];
    bar.configure('lxc.cgroup.memory.limit_in_bytes = 64M');
    await foo.start();
    await bar.start();
    const other = await inside(foo, '/bin/head', '-n', '1', `/srv/by-name/${bar.name}/proc/meminfo`);
    expect(other).toMatch(/ 262144 kB/);
    const fromHost = readFileSync(`${mountpoint}/by-name/${bar.name}/proc/meminfo`, 'utf8');
    expect(fromHost).toMatch(/^MemTotal: +65536 kB/);
  },
);
