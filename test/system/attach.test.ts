/** lxc-attach: a command inside a running container. */

import { writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { binDir, run } from './harness/commands.ts';
import { envOf, hasCap, type Probe } from './harness/probe.ts';
import { test } from './harness/suite.ts';

test('An attached command shares every namespace of init', async (scope) => {
  const foo = scope.container({ config: ['lxc.uts.name = foo'] });
  await foo.start();
  const init = await foo.probe();
  const seen = await foo.attachedProbe();
  expect(seen.hostname).toBe('foo');
  expect(seen.ns).toEqual(init.ns);
  expect(legacyCgroups(seen)).toEqual(legacyCgroups(init));
  expect(seen.ppid).toBe(0);
});

test('lxc-attach keeps stdout and stderr apart and passes stdin on', async (scope) => {
  const foo = scope.container();
  await foo.start();
  expect(await foo.attach(['/probe', '--say', 'out', 'err'])).toEqual({
    stdout: 'out',
    stderr: 'err',
    status: 0,
  });
  expect((await foo.attach(['/bin/cat'], [], { input: 'through\n' })).stdout).toBe('through\n');
  expect((await foo.run('attach', [], { input: 'echo from the shell\n' })).stdout).toBe('from the shell\n');
});

test('lxc-attach passes on arguments and variables that are no UTF-8', async (scope) => {
  const foo = scope.container();
  await foo.start();
  const script =
    'e=$(printf "\\351") "$0" -n "$1" -- sh -c \'printf %s%s "$0" "$e"\' "$(printf "caf\\351")" | od -An -tx1';
  const seen = await run('/bin/sh', ['-c', script, `${binDir}/lxc-attach`, foo.name]);
  expect(seen).toMatchObject({ stdout: ' 63 61 66 e9 e9\n', stderr: '' });
});

test('lxc-attach ignores what its caller ignores, and works with few descriptors', async (scope) => {
  const foo = scope.container();
  await foo.start();
  const script = 'trap "" HUP; "$0" -n "$1" -- sleep 0.6 & sleep 0.3; kill -HUP $!; wait $!';
  expect(await run('/bin/sh', ['-c', script, `${binDir}/lxc-attach`, foo.name])).toMatchObject({ status: 0 });
  const few = 'ulimit -S -n 20; exec "$0" -n "$1" -- true';
  expect(await run('/bin/sh', ['-c', few, `${binDir}/lxc-attach`, foo.name])).toMatchObject({ status: 0 });
});

test('lxc-attach without a command runs /bin/sh where the shell of passwd is not there', async (scope) => {
  const foo = scope.container();
  writeFileSync(`${foo.rootfs}/etc/passwd`, 'root:x:0:0:root:/:/bin/zsh\n');
  await foo.start();
  expect((await foo.run('attach', [], { input: 'echo $0\n' })).stdout).toBe('/bin/sh\n');
});

test('lxc-attach ends with the exit code of the command', async (scope) => {
  const foo = scope.container();
  await foo.start();
  for (const code of [0, 1, 42, 255]) {
    expect((await foo.attach(['/probe', '--exit', String(code)])).status).toBe(code);
  }
  expect((await foo.attach(['/probe', '--die', '15'])).status).toBe(143);
  expect((await foo.attach(['/nosuch'])).status).toBe(127);
  expect((await foo.attach(['/etc/passwd'])).status).toBe(126);
});

test('lxc-attach to a stopped container ends with 1', async (scope) => {
  const foo = scope.container();
  const refused = await foo.attach(['/bin/true']);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain('Failed to get init pid');
});

test('lxc-attach keeps the environment of the caller and adds container=lxc', async (scope) => {
  const foo = scope.container({ config: ['lxc.environment = FROM_CONFIG=yes'] });
  await foo.start();
  const env = envOf(await foo.attachedProbe([], { env: { MINE: 'here' } }));
  expect(env).toMatchObject({ MINE: 'here', container: 'lxc', FROM_CONFIG: 'yes' });
});

test('lxc-attach --clear-env keeps only what is asked for', async (scope) => {
  const foo = scope.container();
  await foo.start();
  const args = ['--clear-env', '--keep-var', 'KEPT', '-v', 'SET=by option'];
  const env = envOf(await foo.attachedProbe(args, { env: { MINE: 'here', KEPT: 'kept' } }));
  expect(env).toMatchObject({ KEPT: 'kept', SET: 'by option', container: 'lxc' });
  expect(env.MINE).toBeUndefined();
  expect(env.PATH).toContain('/bin');
});

test('lxc-attach -s enters only the named namespaces', async (scope) => {
  const foo = scope.container({ config: ['lxc.uts.name = foo'] });
  await foo.start();
  const pid = await foo.initPid();
  const there = await foo.attach(
    ['readlink', '/proc/self/ns/net', '/proc/self/ns/uts', '/proc/self/ns/mnt'],
    ['-s', 'NETWORK|UTSNAME'],
  );
  expect(there.stderr).toBe('');
  const [net, uts, mnt] = there.stdout.split('\n');
  expect(net).toBe(foo.namespace('net', pid));
  expect(uts).toBe(foo.namespace('uts', pid));
  expect(mnt).toBe(foo.namespace('mnt', process.pid));
});

test('lxc-attach -u and -g choose the ids', async (scope) => {
  const foo = scope.container();
  await foo.start();
  const seen = await foo.attachedProbe(['-u', '1000', '-g', '1000']);
  expect(seen.uid).toEqual([1000, 1000, 1000]);
  expect(seen.gid).toEqual([1000, 1000, 1000]);
});

test('An attached command has the bounding set of init, and the full one with -e', async (scope) => {
  const foo = scope.container({ config: ['lxc.cap.drop = sys_time'] });
  await foo.start();
  expect(hasCap((await foo.attachedProbe()).caps.bounding, 25)).toBe(false);
  expect(hasCap((await foo.attachedProbe(['-e'])).caps.bounding, 25)).toBe(true);
});

test('An attached command sits in the cgroups of the container', async (scope) => {
  const foo = scope.container({ config: ['lxc.cgroup.pids.max = 1'] });
  await foo.start();
  await foo.probe();
  const refused = await foo.attach(['/bin/sh', '-c', '/bin/true; echo no']);
  expect(refused.stdout).not.toContain('no\n');
});

test('lxc.no_new_privs holds for attached commands', async (scope) => {
  const foo = scope.container({ config: ['lxc.no_new_privs = 1'] });
  await foo.start();
  expect((await foo.probe()).noNewPrivs).toBe(1);
  expect((await foo.attachedProbe()).noNewPrivs).toBe(1);
});

test('lxc-attach on a terminal puts one of the container in between', async (scope) => {
  const foo = scope.container({ config: ['lxc.pty.max = 16'] });
  await foo.start();
  const command = `${binDir}/lxc-attach -n ${foo.name} -- /bin/tty`;
  const seen = await run('script', ['-qec', command, '/dev/null'], { input: '' });
  expect(seen.stdout).toMatch(/\/dev\/pts\/\d+\r*\n/);
  expect(seen.status).toBe(0);
});

test('lxc-attach on a terminal hands the exit code on', async (scope) => {
  const foo = scope.container({ config: ['lxc.pty.max = 16'] });
  await foo.start();
  const command = `${binDir}/lxc-attach -n ${foo.name} -- /probe --exit 5`;
  expect((await run('script', ['-qec', command, '/dev/null'], { input: '' })).status).toBe(5);
});

test('An attached command starts where the caller stands, or in the root', async (scope) => {
  const foo = scope.container();
  await foo.start();
  expect((await foo.attachedProbe([], { cwd: '/tmp' })).cwd).toBe('/tmp');
  expect((await foo.attachedProbe([], { cwd: '/usr/lib' })).cwd).toBe('/');
});

/** The v1 lines of /proc/self/cgroup; on cgroup2 C LXC attaches into a directory of its own (.lxc). */
function legacyCgroups(probe: Probe): string[] {
  return (probe.cgroup ?? '').split('\n').filter((line) => !line.startsWith('0::'));
}
