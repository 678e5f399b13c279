/** Commands that show and set: lxc-info, lxc-ls, lxc-cgroup, lxc-config, lxc-checkconfig. */

import { expect } from 'vitest';
import { lxc } from './harness/commands.ts';
import { test, testOurs } from './harness/suite.ts';

test('lxc-info shows name, state, pid and statistics of a running container', async (scope) => {
  const foo = scope.container();
  await foo.start();
  await foo.probe();
  const { stdout, stderr, status } = await foo.run('info');
  expect({ stderr, status }).toEqual({ stderr: '', status: 0 });
  const lines = stdout.split('\n');
  expect(lines[0]).toBe(`Name:           ${foo.name}`);
  expect(lines[1]).toBe('State:          RUNNING');
  expect(lines[2]).toMatch(/^PID: {12}\d+$/);
  expect(stdout).toMatch(/^CPU use: {8}\d+\.\d\d seconds$/m);
  expect(stdout).toMatch(/^BlkIO use: {6}\d+(\.\d\d [KMG]iB| bytes)$/m);
  expect(stdout).toMatch(/^Memory use: {5}\d+(\.\d\d [KMG]iB| bytes)$/m);
});

test('lxc-info shows only name and state of a stopped container', async (scope) => {
  const foo = scope.container();
  expect(await foo.run('info')).toEqual({
    stdout: `Name:           ${foo.name}\nState:          STOPPED\n`,
    stderr: '',
    status: 0,
  });
});

test('lxc-info -H prints the bare value of one question and labels of several', async (scope) => {
  const foo = scope.container();
  await foo.start();
  expect((await foo.run('info', ['-s', '-H'])).stdout).toBe('RUNNING\n');
  expect((await foo.run('info', ['-p', '-H'])).stdout).toMatch(/^\d+\n$/);
  expect((await foo.run('info', ['-s', '-p', '-H'])).stdout).toMatch(/^State: {10}RUNNING\nPID: {12}\d+\n$/);
});

test('lxc-info shows the addresses of a container', async (scope) => {
  await scope.bridge('sysbr0');
  const foo = scope.container({
    config: [
      'lxc.net.0.type = veth',
      'lxc.net.0.link = sysbr0',
      'lxc.net.0.flags = up',
      'lxc.net.0.veth.pair = sysveth0',
      'lxc.net.0.ipv4.address = 10.11.12.13/24',
    ],
  });
  await foo.start();
  expect((await foo.run('info', ['-i', '-H'])).stdout).toBe('10.11.12.13\n');
  expect((await foo.run('info', ['-i'])).stdout).toBe('IP:             10.11.12.13\n');
  expect((await foo.run('info')).stdout).toMatch(
    /^Link: {11}sysveth0\n TX bytes: {6}.*\n RX bytes: {6}.*\n Total bytes: {3}/m,
  );
});

test('lxc-info -c prints configured values', async (scope) => {
  const foo = scope.container({ config: ['lxc.group = g1 g2', 'lxc.uts.name = foo'] });
  expect((await foo.run('info', ['-c', 'lxc.uts.name'])).stdout).toBe('lxc.uts.name = foo\n');
  expect((await foo.run('info', ['-H', '-c', 'lxc.uts.name'])).stdout).toBe('foo\n');
  expect((await foo.run('info', ['-c', 'lxc.group'])).stdout).toBe('lxc.group = g1\ng2\n\n');
  const bogus = await foo.run('info', ['-c', 'lxc.bogus']);
  expect(bogus.stderr).toContain('lxc.bogus invalid');
  expect(bogus.status).toBe(0);
});

test('lxc-info of an unknown container ends with 1', async (scope) => {
  const name = scope.name();
  expect(await lxc('info', ['-n', name])).toEqual({
    stdout: '',
    stderr: `${name} doesn't exist\n`,
    status: 1,
  });
});

test('lxc-ls lists names, and by state', async (scope) => {
  const first = scope.container();
  const second = scope.container();
  const both = [first.name, second.name].sort();
  expect((await lxc('ls', ['-1'])).stdout).toBe(`${both.join('\n')}\n`);
  await second.start();
  expect((await lxc('ls', ['-1', '--running'])).stdout).toBe(`${second.name}\n`);
  expect((await lxc('ls', ['-1', '--active'])).stdout).toBe(`${second.name}\n`);
  expect((await lxc('ls', ['-1', '--stopped'])).stdout).toBe(`${first.name}\n`);
  expect((await lxc('ls', ['-1', '--frozen'])).stdout).toBe('');
  expect((await lxc('ls', ['-1', `^${first.name}$`])).stdout).toBe(`${first.name}\n`);
});

test('lxc-ls pads each name where it is no terminal', async (scope) => {
  const foo = scope.container({ name: scope.name() });
  const longer = scope.container({ name: `${foo.name}-longer` });
  expect((await lxc('ls', [])).stdout).toBe(`${foo.name}       \n${longer.name}\n`);
});

test('lxc-ls -f shows a table', async (scope) => {
  const foo = scope.container({ config: ['lxc.group = g1', 'lxc.group = g2', 'lxc.start.auto = 1'] });
  const name = foo.name;
  expect((await lxc('ls', ['-f'])).stdout).toBe(
    `${'NAME'.padEnd(name.length)} STATE   AUTOSTART GROUPS IPV4 IPV6 UNPRIVILEGED \n` +
      `${name} STOPPED 1         g1, g2 -    -    false        \n`,
  );
  expect((await lxc('ls', ['-f', '-g', 'g1,g2'])).stdout).toContain(name);
  expect((await lxc('ls', ['-f', '-g', 'g3'])).stdout).toBe('');
});

test('lxc-ls -F chooses columns in any case', async (scope) => {
  const foo = scope.container();
  await foo.start();
  const pid = await foo.initPid();
  const { stdout } = await lxc('ls', ['-f', '-F', 'state,NAME,pid']);
  expect(stdout).toBe(
    `STATE   ${'NAME'.padEnd(foo.name.length)} ${'PID'.padEnd(String(pid).length)} \nRUNNING ${foo.name} ${pid} \n`,
  );
  const bogus = await lxc('ls', ['-f', '-F', 'NAME,BOGUS']);
  expect(bogus.stderr).toContain('Invalid key: BOGUS');
});

test('lxc-ls of nothing prints nothing', async () => {
  expect(await lxc('ls', [])).toEqual({ stdout: '', stderr: '', status: 0 });
});

testOurs('lxc-info, lxc-ls and lxc-checkconfig print JSON', 'C LXC has no --format', async (scope) => {
  const foo = scope.container();
  await foo.start();
  const info: unknown = JSON.parse((await foo.run('info', ['--format', 'json'])).stdout);
  expect(info).toMatchObject({ name: foo.name, state: 'RUNNING', pid: await foo.initPid() });
  const rows: unknown = JSON.parse((await lxc('ls', ['-f', '--format', 'json'])).stdout);
  expect(rows).toMatchObject([{ name: foo.name, state: 'RUNNING' }]);
  expect(() => JSON.parse('')).toThrow();
  const checked = await lxc('checkconfig', ['--format', 'json']);
  expect(typeof JSON.parse(checked.stdout)).toBe('object');
});

testOurs(
  'lxc-ls and lxc-info tell what a container uses of everything',
  'C LXC has few columns',
  async (scope) => {
    const foo = scope.container({ config: ['lxc.net.0.type = empty', 'lxc.net.0.flags = up'] });
    await foo.start();
    await foo.probe();
    const columns = 'NAME,RAM,SWAP,CPU,IO,PIDS,INTERFACE';
    const table = await lxc('ls', ['-f', '-F', columns, '--filter', `^${foo.name}$`]);
    expect(table.stdout).toMatch(
      /\n\S+ +\d+\.\d\dMB +\d+\.\d\dMB +\d+\.\d\d seconds +\d+\.\d\dMB +1 +lo +\n/,
    );
    const { stats }: { stats: unknown } = JSON.parse((await foo.run('info', ['--format', 'json'])).stdout);
    const used = expect.any(Number);
    expect(stats).toEqual({
      cpuNanoseconds: used,
      blkioBytes: used,
      memoryBytes: used,
      kernelMemoryBytes: used,
      swapBytes: used,
      pids: 1,
    });
  },
);

test('lxc-cgroup reads and writes the files of the kernel', async (scope) => {
  const foo = scope.container({ config: ['lxc.cgroup.memory.limit_in_bytes = 256M'] });
  await foo.start();
  expect(await foo.run('cgroup', ['memory.limit_in_bytes'])).toEqual({
    stdout: '268435456\n\n',
    stderr: '',
    status: 0,
  });
  expect(await foo.run('cgroup', ['memory.limit_in_bytes', '128M'])).toEqual({
    stdout: '',
    stderr: '',
    status: 0,
  });
  expect(foo.cgroupFile('memory', 'memory.limit_in_bytes')).toBe('134217728');
  expect((await foo.run('cgroup', ['cpu.shares', '512'])).status).toBe(0);
  expect(foo.cgroupFile('cpu', 'cpu.shares')).toBe('512');
});

test('lxc-cgroup says what it could not do and ends with 1', async (scope) => {
  const foo = scope.container();
  const stopped = await foo.run('cgroup', ['memory.limit_in_bytes']);
  expect(stopped.status).toBe(1);
  expect(stopped.stderr).toContain(`'/var/lib/lxc:${foo.name}' is not running`);
  await foo.start();
  const absent = await foo.run('cgroup', ['memory.nosuch']);
  expect(absent.status).toBe(1);
  expect(absent.stderr).toContain(
    `Failed to retrieve value of 'memory.nosuch' for '/var/lib/lxc:${foo.name}'`,
  );
  const refused = await foo.run('cgroup', ['cpu.shares', 'many']);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain(`Failed to assign 'many' value to 'cpu.shares' for '${foo.name}'`);
  expect((await foo.run('cgroup', [])).status).toBe(1);
});

test('lxc-config lists and prints the settings of the system', async () => {
  expect((await lxc('config', ['-l'])).stdout.split('\n').slice(0, 2)).toEqual([
    'lxc.default_config',
    'lxc.lxcpath',
  ]);
  expect(await lxc('config', ['lxc.lxcpath'])).toEqual({ stdout: '/var/lib/lxc\n', stderr: '', status: 0 });
  expect((await lxc('config', ['lxc.default_config'])).stdout).toBe('/etc/lxc/default.conf\n');
  expect((await lxc('config', ['lxc.cgroup.pattern'])).stdout).toBe('lxc.cgroup.pattern is not set.\n');
  expect(await lxc('config', ['lxc.bogus'])).toEqual({
    stdout: 'Unknown configuration item: lxc.bogus\n',
    stderr: '',
    status: 1,
  });
});

test('lxc.conf of the system changes the settings', async (scope) => {
  scope.file('/etc/lxc/lxc.conf', 'lxc.lxcpath = /var/lib/elsewhere\n');
  expect((await lxc('config', ['lxc.lxcpath'])).stdout).toBe('/var/lib/elsewhere\n');
});

test('lxc-checkconfig tells what the kernel has', async () => {
  const { stdout, status } = await lxc('checkconfig', []);
  expect(status).toBe(0);
  expect(stdout).toContain(
    '--- Namespaces ---\nNamespaces: enabled\nUtsname namespace: enabled\nIpc namespace: enabled\n',
  );
  expect(stdout).toContain('--- Control groups ---\nCgroups: enabled\nCgroup namespace: enabled\n');
  expect(stdout).toMatch(/^Veth pair device: enabled/m);
});

test('--version prints a version and --help goes to stderr', async () => {
  const version = await lxc('info', ['--version']);
  expect(version.stdout).toMatch(/^\d+\.\d+\.\d+\n$/);
  const help = await lxc('info', ['--help']);
  expect(help.status).toBe(0);
  expect(help.stdout).toBe('');
  expect(help.stderr).toContain('lxc-info');
  const bogus = await lxc('info', ['--bogus']);
  expect(bogus.status).toBe(1);
  expect(bogus.stderr).toContain("unrecognized option '--bogus'");
});
