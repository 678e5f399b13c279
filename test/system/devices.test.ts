/** /dev, terminals and the console. */

import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { expect } from 'vitest';
import { binDir, finished, run, start } from './harness/commands.ts';
import type { Container } from './harness/container.ts';
import { eventually } from './harness/eventually.ts';
import { mountOn } from './harness/probe.ts';
import type { Scope } from './harness/scope.ts';
import { test } from './harness/suite.ts';

test('/dev is a small tmpfs with the minimal nodes', async (scope) => {
  const foo = scope.container();
  await foo.start();
  const seen = await foo.probe();
  const mount = mountOn(seen, '/dev');
  expect(mount?.fstype).toBe('tmpfs');
  expect(mount?.superOptions).toEqual(expect.arrayContaining(['size=492k', 'mode=755']));
  const nodes = { full: '1:7', null: '1:3', random: '1:8', tty: '5:0', urandom: '1:9', zero: '1:5' };
  for (const [name, device] of Object.entries(nodes)) {
    expect(seen.dev[name]).toMatchObject({ type: 'c', mode: '666', uid: 0, device });
  }
  expect(seen.dev.fd).toMatchObject({ type: 'l', target: '/proc/self/fd' });
  expect(seen.dev.stdin?.target).toBe('/proc/self/fd/0');
  expect(seen.dev.stdout?.target).toBe('/proc/self/fd/1');
  expect(seen.dev.stderr?.target).toBe('/proc/self/fd/2');
});

test('lxc.autodev = 0 leaves /dev of the root file system', async (scope) => {
  const foo = scope.container({ config: ['lxc.autodev = 0'] });
  await foo.start();
  const seen = await foo.probe();
  expect(mountOn(seen, '/dev')).toBeUndefined();
  expect(seen.dev.null).toBeUndefined();
});

test('lxc.autodev.tmpfs.size is the size of /dev', async (scope) => {
  const foo = scope.container({ config: ['lxc.autodev.tmpfs.size = 1048576'] });
  await foo.start();
  expect(mountOn(await foo.probe(), '/dev')?.superOptions).toContain('size=1024k');
});

test('Without lxc.pty.max and lxc.tty.max there is no devpts', async (scope) => {
  const foo = scope.container();
  await foo.start();
  const seen = await foo.probe();
  expect(mountOn(seen, '/dev/pts')).toBeUndefined();
  expect(seen.dev.ptmx).toBeUndefined();
});

test('lxc.pty.max gives a devpts of its own with so many terminals', async (scope) => {
  const foo = scope.container({ config: ['lxc.pty.max = 7', 'lxc.tty.max = 2'] });
  await foo.start();
  const seen = await foo.probe();
  const mount = mountOn(seen, '/dev/pts');
  expect(mount?.fstype).toBe('devpts');
  expect(mount?.options).toEqual(expect.arrayContaining(['nosuid', 'noexec']));
  expect(mount?.superOptions).toEqual(expect.arrayContaining(['gid=5', 'mode=620', 'ptmxmode=666', 'max=9']));
  expect(seen.dev.ptmx).toMatchObject({ type: 'c', device: '5:2', mode: '666' });
});

test('lxc.tty.max gives terminals under /dev', async (scope) => {
  const foo = scope.container({ config: ['lxc.tty.max = 2', 'lxc.pty.max = 4'] });
  await foo.start();
  const seen = await foo.probe();
  expect(seen.dev.tty1).toMatchObject({ type: 'c' });
  expect(seen.dev.tty2).toMatchObject({ type: 'c' });
  expect(seen.dev.tty3).toBeUndefined();
});

test('lxc.tty.dir keeps the terminals in a directory, with links', async (scope) => {
  const foo = scope.container({ config: ['lxc.tty.max = 1', 'lxc.pty.max = 4', 'lxc.tty.dir = lxc'] });
  await foo.start();
  const seen = await foo.probe();
  expect(seen.dev.lxc?.type).toBe('d');
  expect(seen.dev.tty1).toMatchObject({ type: 'l', target: 'lxc/tty1' });
  expect(seen.dev.console).toMatchObject({ type: 'c', gid: 5 });
});

test('Init has the console as its terminal', async (scope) => {
  const foo = scope.container({ config: ['lxc.pty.max = 4'] });
  await foo.start();
  const seen = await foo.probe();
  expect(seen.dev.console?.type).toBe('c');
  expect(seen.sid).toBe(1);
  expect(seen.tty.every((name) => name !== '')).toBe(true);
});

test('The console is left to the first session inside that takes it', async (scope) => {
  const foo = scope.container({ config: ['lxc.pty.max = 4', 'lxc.init.cmd = /init'] });
  foo.script('/init', 'setsid -c /bin/sh -c "tty < /dev/tty > /out/tty" < /dev/console; exec sleep 1000');
  await foo.start();
  await eventually(() => existsSync(`${foo.rootfs}/out/tty`), 'the shell has the console');
  expect(readFileSync(`${foo.rootfs}/out/tty`, 'utf8')).toBe('/dev/tty\n');
});

test('lxc.console.path = none gives no console', async (scope) => {
  const foo = scope.container({ config: ['lxc.console.path = none'] });
  await foo.start();
  const seen = await foo.probe();
  expect(seen.tty).toEqual(['', '', '']);
  expect(seen.fds['0']).toMatch(/null$/);
});

test('lxc.console.logfile keeps what init prints', async (scope) => {
  const foo = scope.container({
    config: ['lxc.pty.max = 4', 'lxc.console.logfile = $DIR/console.log', 'lxc.init.cmd = /init'],
  });
  foo.script('/init', 'echo first line; echo second >&2; exec sleep 1000');
  await foo.start();
  const file = `${foo.dir}/console.log`;
  await eventually(
    () => existsSync(file) && readFileSync(file, 'utf8').includes('second'),
    'the log has both lines',
  );
  expect(readFileSync(file, 'utf8')).toBe('first line\r\nsecond\r\n');
});

test('-L writes the console into a file', async (scope) => {
  const foo = scope.container({ config: ['lxc.pty.max = 4', 'lxc.init.cmd = /init'] });
  foo.script('/init', 'echo said; exec sleep 1000');
  const file = `${foo.dir}/other.log`;
  await foo.start(['-L', file]);
  await eventually(
    () => existsSync(file) && readFileSync(file, 'utf8').includes('said'),
    'the log has the line',
  );
});

test('A foreground container talks on the terminal of the caller', async (scope) => {
  const foo = scope.container({ config: ['lxc.pty.max = 4', 'lxc.init.cmd = /init'] });
  foo.script('/init', 'echo hello from init; read answer; echo "got $answer"');
  const child = start('script', ['-qec', `${binDir}/lxc-start -n ${foo.name} -F`, '/dev/null']);
  let seen = '';
  child.stdout?.on('data', (data: Buffer) => {
    seen += data.toString();
  });
  await eventually(() => seen.includes('hello from init'), 'init is heard');
  child.stdin?.write('typed\n');
  const done = await finished(child, 'lxc-start -F');
  expect(seen).toContain('got typed');
  expect(done.status).toBe(0);
});

test('lxc-start -F passes signals on to init', async (scope) => {
  const foo = scope.container();
  const child = start(`${binDir}/lxc-start`, ['-n', foo.name, '-F']);
  await foo.probe();
  child.kill('SIGUSR1');
  await eventually(() => foo.signals().length > 0, 'init gets the signal');
  child.kill('SIGTERM');
  await finished(child, 'lxc-start -F');
  expect(foo.signals()).toEqual(['10', '15']);
});

test('A signal for init that comes while lxc-start -F is at work does not end it', async (scope) => {
  const foo = scope.container({ config: ['lxc.hook.start-host = kill -USR1 $PPID;:'] });
  const child = start(`${binDir}/lxc-start`, ['-n', foo.name, '-F']);
  await foo.probe();
  expect(await foo.state()).toBe('RUNNING');
  child.kill('SIGTERM');
  expect((await finished(child, 'lxc-start -F')).status).toBe(0);
});

test('A device node of the root file system is hidden and the host nodes do not show', async (scope) => {
  const foo = scope.container();
  mkdirSync(`${foo.rootfs}/dev/mine`);
  await foo.start();
  expect((await foo.probe()).dev.mine).toBeUndefined();
});

test('A boot has an id of its own', async (scope) => {
  const foo = scope.container();
  await foo.start();
  const first = (await foo.probe()).bootId;
  expect(first).toMatch(/^[0-9a-f-]{36}\n$/);
  expect(first).not.toBe(readFileSync('/proc/sys/kernel/random/boot_id', 'utf8'));
});

test('lxc.cgroup.devices rules hold in the kernel, in their order', async (scope) => {
  const foo = scope.container({
    config: [
      'lxc.cgroup.devices.deny = a',
      'lxc.cgroup.devices.allow = c 1:3 rw',
      'lxc.cgroup.devices.allow = c 1:5 r',
      'lxc.cgroup.devices.allow = c 1:8 rw',
      'lxc.cgroup.devices.deny = c 1:8 rw',
    ],
  });
  await foo.start();
  await foo.probe();
  const open = async (path: string, mode: string) =>
    JSON.parse((await foo.attach(['/probe', '--open', path, mode])).stdout);
  expect(await open('/dev/null', 'rw')).toEqual({ errno: 0 });
  expect(await open('/dev/zero', 'r')).toEqual({ errno: 0 });
  expect(await open('/dev/zero', 'w')).toEqual({ errno: 1 });
  expect(await open('/dev/random', 'r')).toEqual({ errno: 1 });
  expect(await open('/dev/full', 'r')).toEqual({ errno: 1 });
  expect(foo.cgroupFile('devices', 'devices.list')).toBe('c 1:3 rw\nc 1:5 r');
});

test('lxc-attach -L logs what the terminal shows', async (scope) => {
  const foo = scope.container({ config: ['lxc.pty.max = 16'] });
  await foo.start();
  const file = `${foo.dir}/pty.log`;
  const command = `${binDir}/lxc-attach -n ${foo.name} -L ${file} -- /bin/echo logged`;
  await run('script', ['-qec', command, '/dev/null'], { input: '' });
  expect(readFileSync(file, 'utf8')).toContain('logged');
});

/** Prints 60 lines of 101 bytes, then stays. */
const chatty = 'n=0; while [ $n -lt 60 ]; do printf "%099d\\n" $n; n=$((n+1)); done; exec sleep 1000';

function chattyContainer(scope: Scope, ...more: string[]): Container {
  const foo = scope.container({
    config: ['lxc.pty.max = 4', 'lxc.console.logfile = $DIR/console.log', 'lxc.init.cmd = /init', ...more],
  });
  foo.script('init', chatty);
  return foo;
}

const lastLine = '59\r\n';
const logOf = (foo: Container, suffix = '') => {
  const file = `${foo.dir}/console.log${suffix}`;
  return existsSync(file) ? readFileSync(file, 'utf8') : '';
};

test('lxc.console.size and lxc.console.rotate keep the log of the console below a size, and one before it', async (scope) => {
  const foo = chattyContainer(scope, 'lxc.console.size = 4096', 'lxc.console.rotate = 1');
  await foo.start();
  await eventually(() => (logOf(foo, '.1') + logOf(foo)).includes(lastLine), 'everything is logged');
  expect(logOf(foo).length).toBeLessThanOrEqual(4096);
  expect(logOf(foo, '.1').length).toBeGreaterThan(0);
});

test('lxc.console.buffer.size keeps what the console showed, for those who ask', async (scope) => {
  const foo = chattyContainer(scope, 'lxc.console.buffer.size = 8KB');
  await foo.start();
  await eventually(() => logOf(foo).includes(lastLine), 'everything is shown');
  const shown = await consoleLog(foo);
  expect(shown).toContain(lastLine);
  const kept = shown.length;
  expect(kept).toBeGreaterThan(4000);
  expect(kept).toBeLessThanOrEqual(8192);
});

/** The command CONSOLE_LOG of liblxc: a header of 16 bytes, then what is wanted of the ring. */
function consoleLog(foo: Container): Promise<string> {
  const request = Buffer.alloc(16 + 24);
  request.writeInt32LE(11, 0);
  request.writeInt32LE(24, 4);
  request.writeUInt8(1, 16 + 1);
  return new Promise((done, fail) => {
    const answer: Buffer[] = [];
    const socket = connect(`\0/var/lib/lxc/${foo.name}/command`, () => socket.write(request));
    socket.on('data', (piece) => answer.push(piece));
    socket.on('error', fail);
    socket.on('close', () => done(Buffer.concat(answer).subarray(16).toString()));
  });
}
