/** A container's life by the commands: start, look, freeze, stop, wait, kill. */

import { existsSync, readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { lxc } from './harness/commands.ts';
import { eventually } from './harness/eventually.ts';
import { test, testOurs } from './harness/suite.ts';

test('A container starts in the background, is RUNNING, and stops', async (scope) => {
  const foo = scope.container({ config: ['lxc.uts.name = foo'] });
  expect(await foo.run('start', ['-d'])).toEqual({ stdout: '', stderr: '', status: 0 });
  expect(await foo.state()).toBe('RUNNING');
  const seen = await foo.probe();
  expect(seen.hostname).toBe('foo');
  expect(seen.pid).toBe(1);
  expect(await foo.run('stop', ['-k'])).toEqual({ stdout: '', stderr: '', status: 0 });
  expect(await foo.state()).toBe('STOPPED');
});

test('The background is the default of lxc-start', async (scope) => {
  const foo = scope.container();
  expect((await foo.run('start')).status).toBe(0);
  expect(await foo.state()).toBe('RUNNING');
});

test('The name may stand without -n', async (scope) => {
  const foo = scope.container();
  expect((await lxc('start', [foo.name])).status).toBe(0);
  expect((await lxc('info', [foo.name, '-s', '-H'])).stdout).toBe('RUNNING\n');
});

test('A second start of a running container says so and succeeds', async (scope) => {
  const foo = scope.container();
  await foo.start();
  const again = await foo.run('start', ['-d']);
  expect(again.status).toBe(0);
  expect(again.stderr).toContain('already running');
});

test('A start without a container fails and says that there is no configuration', async (scope) => {
  const started = await lxc('start', ['-n', scope.name(), '-d']);
  expect(started.status).toBe(1);
  expect(started.stderr).toContain('No container config specified');
});

test('A command without a name says so', async () => {
  const started = await lxc('start', ['-d']);
  expect(started.status).toBe(1);
  expect(started.stderr).toContain('lxc-start: No container name specified');
});

test('A foreground start gives the container the terminal of the caller and ends with it', async (scope) => {
  const foo = scope.container({ config: ['lxc.init.cmd = /probe --exit 3'] });
  const done = await foo.run('start', ['-F']);
  expect(done.status).toBe(0);
  expect(await foo.state()).toBe('STOPPED');
});

test('The command after -- is run as init', async (scope) => {
  const foo = scope.container();
  await foo.start(['--', '/probe', '--out', '/out/other.json', '--stay']);
  await eventually(() => existsSync(`${foo.rootfs}/out/other.json`), 'the other command reports');
  expect(foo.read('out/probe.json')).toBeUndefined();
});

test('-f takes another configuration file instead of the own one', async (scope) => {
  const foo = scope.container({ config: ['lxc.uts.name = own'] });
  const other = scope.file(
    `/var/lib/lxc/.${scope.name()}.conf`,
    [...foo.baseConfig(), 'lxc.uts.name = other', ''].join('\n'),
  );
  await foo.start(['-f', other]);
  expect((await foo.probe()).hostname).toBe('other');
});

test('-s sets a key over the configuration file', async (scope) => {
  const foo = scope.container({ config: ['lxc.uts.name = own'] });
  await foo.start(['-s', 'lxc.uts.name=defined', '-s', 'lxc.environment=A=1']);
  const seen = await foo.probe();
  expect(seen.hostname).toBe('defined');
  expect(seen.env).toContain('A=1');
});

test('-s without a key of lxc is refused', async (scope) => {
  const foo = scope.container();
  expect((await foo.run('start', ['-d', '-s', 'uts.name=x'])).status).toBe(1);
  expect(await foo.state()).toBe('STOPPED');
});

test('-p writes the pid of the monitor and removes the file at the end', async (scope) => {
  const foo = scope.container();
  const pidfile = `${foo.dir}/pid`;
  await foo.start(['-p', pidfile]);
  const pid = readFileSync(pidfile, 'utf8');
  expect(pid).toMatch(/^\d+$/);
  expect(readFileSync(`/proc/${pid}/cmdline`, 'utf8')).toContain(foo.name);
  const init = await foo.initPid();
  expect(readFileSync(`/proc/${init}/status`, 'utf8')).toContain(`PPid:\t${pid}\n`);
  await foo.stop();
  await eventually(() => !existsSync(pidfile), 'the pid file is gone');
});

test('-P uses another directory of containers', async (scope) => {
  const foo = scope.container();
  const other = scope.directory();
  const name = scope.name();
  scope.file(`${other}/${name}/config`, `${foo.baseConfig().join('\n')}\n`);
  scope.defer(async () => {
    await lxc('stop', ['-P', other, '-n', name, '-k']);
  });
  expect((await lxc('start', ['-P', `${other}/`, '-n', name])).status).toBe(0);
  expect((await lxc('info', ['-P', other, '-n', name, '-s', '-H'])).stdout).toBe('RUNNING\n');
  expect((await lxc('ls', ['-P', other, '-1'])).stdout).toBe(`${name}\n`);
  expect((await lxc('info', ['-n', name])).status).toBe(1);
});

test('lxc-stop sends the halt signal and waits for the end', async (scope) => {
  const foo = scope.container();
  await foo.start();
  await foo.probe();
  expect((await foo.run('stop')).status).toBe(0);
  expect(await foo.state()).toBe('STOPPED');
  expect(foo.signals()).toEqual(['30']);
});

test('lxc.signal.halt replaces the halt signal', async (scope) => {
  const foo = scope.container({ config: ['lxc.signal.halt = SIGTERM'] });
  await foo.start();
  await foo.probe();
  expect((await foo.run('stop', ['--nokill', '-t', '5'])).status).toBe(0);
  expect(foo.signals()).toEqual(['15']);
});

test('lxc-stop kills an init that ignores the halt signal after the timeout', async (scope) => {
  const foo = scope.container({ config: ['lxc.signal.halt = SIGUSR1'] });
  await foo.start();
  await foo.probe();
  expect((await foo.run('stop', ['-t', '1'])).status).toBe(0);
  expect(await foo.state()).toBe('STOPPED');
  expect(foo.signals()).toEqual(['10']);
});

test('lxc-stop --nokill leaves an init alone that ignores the halt signal', async (scope) => {
  const foo = scope.container({ config: ['lxc.signal.halt = SIGUSR1'] });
  await foo.start();
  await foo.probe();
  expect((await foo.run('stop', ['--nokill', '-t', '1'])).status).toBe(1);
  expect(await foo.state()).toBe('RUNNING');
});

test('lxc-stop -W only sends the signal', async (scope) => {
  const foo = scope.container({ config: ['lxc.signal.halt = SIGUSR1'] });
  await foo.start();
  await foo.probe();
  expect((await foo.run('stop', ['-W', '--nokill'])).status).toBe(0);
  await eventually(() => foo.signals().length > 0, 'the signal arrives');
  expect(await foo.state()).toBe('RUNNING');
});

test('lxc-stop of a stopped container ends with 2', async (scope) => {
  const foo = scope.container();
  const stopped = await foo.run('stop', ['-k']);
  expect(stopped.status).toBe(2);
  expect(stopped.stderr).toContain(`${foo.name} is not running`);
});

test('lxc-stop refuses options that contradict each other', async (scope) => {
  const foo = scope.container();
  expect((await foo.run('stop', ['-k', '--nokill'])).stderr).toContain("-k can't be used with --nokill");
  expect((await foo.run('stop', ['-k', '-r'])).stderr).toContain("-k can't be used with -r");
  expect((await foo.run('stop', ['-k', '-t', '3'])).stderr).toContain("-k doesn't allow timeouts");
  expect((await foo.run('stop', ['-k', '-r'])).status).toBe(1);
});

test('lxc-stop -r sends the reboot signal', async (scope) => {
  const foo = scope.container({ config: ['lxc.signal.reboot = SIGUSR2'] });
  await foo.start();
  await foo.probe();
  await foo.run('stop', ['-r', '-t', '1']);
  expect(foo.signals()).toEqual(['12']);
});

test('lxc.signal.stop is what lxc-stop -k sends', async (scope) => {
  const foo = scope.container({ config: ['lxc.signal.stop = SIGTERM'] });
  await foo.start();
  await foo.probe();
  await foo.stop();
  expect(foo.signals()).toEqual(['15']);
});

test('A reboot from inside starts the container anew under the same monitor', async (scope) => {
  const foo = scope.container({ config: ['lxc.init.cmd = /init'] });
  foo.script('/init', 'echo boot >> /out/boots; exec /probe --out /out/probe.json --stay');
  await foo.start(['-p', `${foo.dir}/pid`]);
  await foo.probe();
  const first = await foo.initPid();
  const monitor = readFileSync(`${foo.dir}/pid`, 'utf8');
  await foo.attach(['/bin/reboot', '-f']);
  await eventually(() => foo.read('out/boots') === 'boot\nboot\n', 'it booted twice');
  await eventually(async () => (await foo.state()) === 'RUNNING', 'it runs again');
  expect(await foo.initPid()).not.toBe(first);
  expect(readFileSync(`${foo.dir}/pid`, 'utf8')).toBe(monitor);
  expect(readFileSync(`/proc/${await foo.initPid()}/status`, 'utf8')).toContain(`PPid:\t${monitor}\n`);
});

test('A halt from inside stops the container', async (scope) => {
  const foo = scope.container();
  await foo.start();
  await foo.probe();
  await foo.attach(['/bin/poweroff', '-f']);
  expect((await foo.run('wait', ['-s', 'STOPPED', '-t', '5'])).status).toBe(0);
});

test('lxc-wait waits for a state', async (scope) => {
  const foo = scope.container();
  expect((await foo.run('wait', ['-s', 'STOPPED', '-t', '2'])).status).toBe(0);
  const waiting = foo.run('wait', ['-s', 'RUNNING|FROZEN', '-t', '10']);
  await foo.start();
  expect((await waiting).status).toBe(0);
  const stopped = foo.run('wait', ['-s', 'STOPPED', '-t', '10']);
  await new Promise((wake) => setTimeout(wake, 300));
  await foo.stop();
  expect(await stopped).toEqual({ stdout: '', stderr: '', status: 0 });
});

test('lxc-wait ends with 1 at its timeout and for an unknown state', async (scope) => {
  const foo = scope.container();
  expect((await foo.run('wait', ['-s', 'RUNNING', '-t', '0'])).status).toBe(1);
  const bogus = await foo.run('wait', ['-s', 'BOGUS', '-t', '0']);
  expect(bogus.status).toBe(1);
  expect(bogus.stderr).toContain('BOGUS');
});

test('lxc-freeze stops every process until lxc-unfreeze', async (scope) => {
  const foo = scope.container();
  await foo.start();
  await foo.probe();
  expect(await foo.run('freeze')).toEqual({ stdout: '', stderr: '', status: 0 });
  expect(await foo.state()).toBe('FROZEN');
  expect(foo.cgroupFile('freezer', 'freezer.state')).toBe('FROZEN');
  expect((await lxc('ls', ['--frozen', '-1'])).stdout).toBe(`${foo.name}\n`);
  expect(await foo.run('unfreeze')).toEqual({ stdout: '', stderr: '', status: 0 });
  expect(await foo.state()).toBe('RUNNING');
  expect(foo.cgroupFile('freezer', 'freezer.state')).toBe('THAWED');
});

test('lxc-stop -k ends a frozen container', async (scope) => {
  const foo = scope.container();
  await foo.start();
  await foo.run('freeze');
  expect((await foo.run('stop', ['-k'])).status).toBe(0);
  expect(await foo.state()).toBe('STOPPED');
});

test('Freezing a stopped container fails', async (scope) => {
  const foo = scope.container();
  expect((await foo.run('freeze')).status).toBe(1);
  expect(await foo.state()).toBe('STOPPED');
});

testOurs('lxc-kill signals init by number and by name', 'lxc-kill left LXC in 1.0', async (scope) => {
  const foo = scope.container();
  await foo.start();
  await foo.probe();
  for (const signal of ['10', 'USR2', 'SIGWINCH', '12abc'])
    expect((await foo.run('kill', [signal])).status).toBe(0);
  await eventually(() => foo.signals().length === 4, 'four signals arrive');
  expect(foo.signals().sort()).toEqual(['10', '12', '12', '28']);
  expect(await foo.run('kill')).toEqual({ stdout: '', stderr: '', status: 0 });
  expect((await foo.run('wait', ['-s', 'STOPPED', '-t', '5'])).status).toBe(0);
});

testOurs(
  'lxc-kill refuses what is no signal and a stopped container with 255',
  'lxc-kill left LXC in 1.0',
  async (scope) => {
    const foo = scope.container();
    const stopped = await foo.run('kill');
    expect(stopped.status).toBe(255);
    await foo.start();
    for (const signal of ['0', '65', 'NOSUCH']) {
      const refused = await foo.run('kill', [signal]);
      expect(refused.status).toBe(255);
      expect(refused.stderr).toContain(`'${signal}' isn't a valid signal number`);
    }
  },
);

test('The death of the monitor ends init', async (scope) => {
  const foo = scope.container();
  await foo.start(['-p', `${foo.dir}/pid`]);
  const init = await foo.initPid();
  process.kill(Number(readFileSync(`${foo.dir}/pid`, 'utf8')), 'SIGKILL');
  await eventually(() => !existsSync(`/proc/${init}`), 'init is gone');
  await foo.start();
  await foo.stop();
});

test('An ephemeral container is gone when it has stopped, and stays when it reboots', async (scope) => {
  const foo = scope.container({ config: ['lxc.ephemeral = 1', 'lxc.init.cmd = /init'] });
  foo.script('init', 'echo x >> /out/starts; test $(wc -l < /out/starts) = 1 && reboot -f; exec sleep 1000');
  await foo.start();
  await eventually(() => foo.read('out/starts') === 'x\nx\n', 'it has started twice');
  await foo.stop();
  await eventually(() => !existsSync(foo.dir), 'its directory is gone');
});
