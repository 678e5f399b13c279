/** Both implementations on one machine: C LXC's tools on our containers, ours on containers that C LXC started. */

import { existsSync } from 'node:fs';
import { expect } from 'vitest';
import { binDir, cBinDir, cLxc, finished, lxc, run, start } from './harness/commands.ts';
import { eventually } from './harness/eventually.ts';
import { parseProbe } from './harness/probe.ts';
import { test } from './harness/suite.ts';

test("C LXC's lxc-info and lxc-ls see a container that we started", async (scope) => {
  const foo = scope.container({ config: ['lxc.cgroup.memory.limit_in_bytes = 64M'] });
  await foo.start();
  const pid = await foo.initPid();
  expect((await cLxc('info', ['-n', foo.name, '-s', '-H'])).stdout).toBe('RUNNING\n');
  expect((await cLxc('info', ['-n', foo.name, '-p', '-H'])).stdout).toBe(`${pid}\n`);
  const all = await cLxc('info', ['-n', foo.name]);
  expect(all.stderr).toBe('');
  expect(all.stdout).toMatch(/^Memory use: {5}\d/m);
  expect((await cLxc('ls', ['-1', '--running'])).stdout).toBe(`${foo.name}\n`);
  const fancy = await cLxc('ls', ['-f', '-F', 'NAME,STATE,PID,RAM']);
  expect(fancy.stderr).toBe('');
  expect(fancy.stdout).toMatch(new RegExp(`^${foo.name} RUNNING ${pid} \\d+\\.\\d\\dMB $`, 'm'));
});

test("C LXC's lxc-attach runs a command in a container that we started", async (scope) => {
  const foo = scope.container({ config: ['lxc.uts.name = foo'] });
  await foo.start();
  const init = await foo.probe();
  const seen = await cLxc('attach', ['-n', foo.name, '--', '/probe']);
  expect(seen.stderr).toBe('');
  expect(parseProbe(seen.stdout).ns).toEqual(init.ns);
  expect((await cLxc('attach', ['-n', foo.name, '--', '/probe', '--exit', '7'])).status).toBe(7);
});

test("C LXC's lxc-cgroup reads and writes the limits of a container that we started", async (scope) => {
  const foo = scope.container({ config: ['lxc.cgroup.memory.limit_in_bytes = 64M'] });
  await foo.start();
  expect((await cLxc('cgroup', ['-n', foo.name, 'memory.limit_in_bytes'])).stdout).toBe('67108864\n\n');
  expect((await cLxc('cgroup', ['-n', foo.name, 'cpu.shares', '300'])).status).toBe(0);
  expect(foo.cgroupFile('cpu', 'cpu.shares')).toBe('300');
});

test("C LXC's lxc-freeze and lxc-unfreeze work on a container that we started", async (scope) => {
  const foo = scope.container();
  await foo.start();
  expect(await cLxc('freeze', ['-n', foo.name])).toEqual({ stdout: '', stderr: '', status: 0 });
  expect(await foo.state()).toBe('FROZEN');
  expect(foo.cgroupFile('freezer', 'freezer.state')).toBe('FROZEN');
  expect(await cLxc('unfreeze', ['-n', foo.name])).toEqual({ stdout: '', stderr: '', status: 0 });
  expect(await foo.state()).toBe('RUNNING');
});

test("C LXC's lxc-wait and lxc-stop work on a container that we started", async (scope) => {
  const foo = scope.container();
  const running = cLxc('wait', ['-n', foo.name, '-s', 'RUNNING', '-t', '10']);
  await foo.start();
  expect((await running).status).toBe(0);
  await foo.probe();
  const stopped = cLxc('wait', ['-n', foo.name, '-s', 'STOPPED', '-t', '10']);
  await new Promise((wake) => setTimeout(wake, 300));
  expect((await cLxc('stop', ['-n', foo.name])).status).toBe(0);
  expect((await stopped).status).toBe(0);
  expect(foo.signals()).toEqual(['30']);
  await foo.start();
  expect((await cLxc('stop', ['-n', foo.name, '-k'])).status).toBe(0);
  expect(await foo.state()).toBe('STOPPED');
});

test("C LXC's lxc-start finds that the container already runs", async (scope) => {
  const foo = scope.container();
  await foo.start();
  const again = await cLxc('start', ['-n', foo.name]);
  expect(again.status).toBe(0);
  expect(again.stderr).toContain('already running');
});

test("C LXC's lxc-console talks to a terminal of a container that we started", async (scope) => {
  const foo = scope.container({ config: ['lxc.tty.max = 1', 'lxc.pty.max = 8', 'lxc.init.cmd = /init'] });
  foo.script(
    '/init',
    'exec 3<>/dev/tty1; : > /out/ready; while read -r line <&3; do echo "heard $line" >&3; done',
  );
  await foo.start();
  await eventually(() => foo.read('out/ready') !== undefined, 'the terminal is open');
  const child = start('script', ['-qefc', `${cBinDir}/lxc-console -n ${foo.name} -t 1`, '/dev/null']);
  let seen = '';
  child.stdout?.on('data', (data: Buffer) => {
    seen += data.toString();
  });
  await eventually(() => seen.includes('Connected to tty 1'), 'the console is connected');
  child.stdin?.write('hello\r');
  await eventually(() => seen.includes('heard hello'), 'the container answers');
  child.stdin?.write('\x01q');
  expect((await finished(child, 'lxc-console')).status).toBe(0);
});

test('The Python binding of liblxc lists a container that we started', async (scope) => {
  const foo = scope.container();
  await foo.start();
  const script =
    'import lxc; print([(c.name, c.state, c.init_pid) for c in lxc.list_containers(as_object=True)])';
  const listed = await run('/usr/bin/python3', ['-c', script]);
  expect(listed).toMatchObject({
    stdout: `[('${foo.name}', 'RUNNING', ${await foo.initPid()})]\n`,
    status: 0,
  });
});

test('Our lxc-info, lxc-ls and lxc-wait see a container that C LXC started', async (scope) => {
  const foo = scope.container();
  expect((await cLxc('start', ['-n', foo.name])).status).toBe(0);
  expect(await foo.state()).toBe('RUNNING');
  expect((await lxc('ls', ['-1', '--running'])).stdout).toBe(`${foo.name}\n`);
  expect((await foo.run('info')).stdout).toMatch(/^Memory use: {5}\d/m);
  expect((await foo.run('wait', ['-s', 'RUNNING', '-t', '2'])).status).toBe(0);
  const again = await foo.run('start', ['-d']);
  expect(again.status).toBe(0);
  expect(again.stderr).toContain('already running');
  await cLxc('stop', ['-n', foo.name, '-k']);
});

test('Our lxc-attach and lxc-cgroup work on a container that C LXC started', async (scope) => {
  const foo = scope.container({ config: ['lxc.cgroup.memory.limit_in_bytes = 64M'] });
  expect((await cLxc('start', ['-n', foo.name])).status).toBe(0);
  const init = await foo.probe();
  expect((await foo.attachedProbe()).ns).toEqual(init.ns);
  expect((await foo.attach(['/probe', '--exit', '7'])).status).toBe(7);
  expect((await foo.run('cgroup', ['memory.limit_in_bytes'])).stdout.trim()).toBe('67108864');
  expect((await foo.run('cgroup', ['memory.limit_in_bytes', '32M'])).status).toBe(0);
  expect(foo.cgroupFile('memory', 'memory.limit_in_bytes')).toBe('33554432');
});

test('Our lxc-freeze and lxc-stop work on a container that C LXC started', async (scope) => {
  const foo = scope.container();
  expect((await cLxc('start', ['-n', foo.name])).status).toBe(0);
  await foo.probe();
  expect((await foo.run('freeze')).status).toBe(0);
  expect((await cLxc('info', ['-n', foo.name, '-s', '-H'])).stdout).toBe('FROZEN\n');
  expect((await foo.run('unfreeze')).status).toBe(0);
  expect((await foo.run('stop')).status).toBe(0);
  expect(foo.signals()).toEqual(['30']);
  expect((await cLxc('start', ['-n', foo.name])).status).toBe(0);
  expect((await foo.run('stop', ['-k'])).status).toBe(0);
  expect((await cLxc('info', ['-n', foo.name, '-s', '-H'])).stdout).toBe('STOPPED\n');
});

test('The commands under test are there', async () => {
  for (const verb of [
    'start',
    'stop',
    'execute',
    'attach',
    'info',
    'ls',
    'wait',
    'cgroup',
    'freeze',
    'unfreeze',
    'config',
    'checkconfig',
    'create',
    'destroy',
  ]) {
    expect(existsSync(`${binDir}/lxc-${verb}`)).toBe(true);
  }
  await Promise.resolve();
});
