/** Keys with an empty value, which clear what stands above them: of a group all of it. */

import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { test, testOurs } from './harness/suite.ts';

test('lxc.cgroup clears the files of cgroup v1', async (scope) => {
  const foo = scope.container({ config: ['lxc.cgroup.pids.max = 77', 'lxc.cgroup ='] });
  await foo.start();
  expect(foo.cgroupFile('pids', 'pids.max')).toBe('max');
});

testOurs('lxc.cgroup2 clears the files of cgroup v2', 'C LXC ignores them here', async (scope) => {
  const foo = scope.container({ config: ['lxc.cgroup2.pids.max = 77', 'lxc.cgroup2 ='] });
  await foo.start();
  expect(foo.cgroupFile('pids', 'pids.max')).toBe('max');
});

test('lxc.prlimit clears the limits of init', async (scope) => {
  const foo = scope.container({ config: ['lxc.prlimit.nofile = 99', 'lxc.prlimit ='] });
  await foo.start();
  expect((await foo.probe()).limits.nofile).not.toEqual([99, 99]);
});

test('lxc.sysctl clears the kernel parameters', async (scope) => {
  const foo = scope.container({
    config: ['lxc.mount.auto = proc:rw', 'lxc.sysctl.kernel.msgmax = 65536', 'lxc.sysctl ='],
  });
  await foo.start();
  expect((await foo.attach(['cat', '/proc/sys/kernel/msgmax'])).stdout).toBe('8192\n');
});

test('lxc.proc clears the files of init', async (scope) => {
  const foo = scope.container({ config: ['lxc.proc.oom_score_adj = 123', 'lxc.proc ='] });
  await foo.start();
  expect((await foo.probe()).oomScoreAdj).not.toBe('123\n');
});

test('lxc.hook clears the hooks', async (scope) => {
  const foo = scope.container({ config: ['lxc.hook.mount = touch $DIR/ran; false', 'lxc.hook ='] });
  await foo.start();
  expect(existsSync(join(foo.dir, 'ran'))).toBe(false);
});

test('lxc.net clears every interface', async (scope) => {
  const foo = scope.container({ config: ['lxc.net.0.type = veth', 'lxc.net.4.type = veth', 'lxc.net ='] });
  await foo.start();
  expect(await foo.ip(['link'])).toHaveLength(1);
});

test('lxc.net.N clears that interface', async (scope) => {
  const foo = scope.container({ config: ['lxc.net.0.type = veth', 'lxc.net.4.type = veth', 'lxc.net.0 ='] });
  await foo.start();
  expect(await foo.ip(['link'])).toHaveLength(2);
});

test('lxc.include reads a file, and those of a directory, where it stands', async (scope) => {
  const more = scope.directory();
  writeFileSync(join(more, 'one.conf'), 'lxc.uts.name = one\nlxc.environment = ONE=1\n');
  writeFileSync(join(more, 'passed-over'), 'lxc.uts.name = never\n');
  const file = scope.file(`${more}.conf`, 'lxc.uts.name = file\nlxc.environment = TWO=2\n');
  const foo = scope.container({
    config: [`lxc.include = ${more}`, `lxc.include = ${file}`],
  });
  await foo.start();
  const seen = await foo.probe();
  expect(seen.hostname).toBe('file');
  expect(seen.env).toEqual(expect.arrayContaining(['ONE=1', 'TWO=2']));
});
