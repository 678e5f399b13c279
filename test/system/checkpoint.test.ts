/**
 * lxc-checkpoint. Where criu and the kernel go together a container is dumped and restored; elsewhere criu's own words
 * must be told, and C LXC must fail on the same machine too.
 */

import { existsSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { binDir, cLxc, lxc, run } from './harness/commands.ts';
import type { Scope } from './harness/scope.ts';
import { testOurs } from './harness/suite.ts';

const both = 'it compares the two';

/** What criu can restore: no terminals, no network. */
function plain(scope: Scope) {
  return scope.container({
    config: ['lxc.console.path = none', 'lxc.tty.max = 0', 'lxc.net.0.type = empty'],
  });
}

testOurs('A container is dumped and restored, or criu says why not', both, async (scope) => {
  const foo = plain(scope);
  const images = join(scope.directory(), 'images');
  const works = (await run('sh', ['-c', 'criu check'])).status === 0;
  await foo.start();
  const dumped = await foo.run('checkpoint', ['-s', '-v', '-D', images]);
  if (!works) {
    const first = /^.*Error \([^)]*\): .*$/m.exec(readFileSync(join(images, 'dump.log'), 'utf8'))?.[0];
    expect([dumped.status, dumped.stdout]).toEqual([1, '']);
    expect(dumped.stderr).toContain(`Checkpointing ${foo.name} failed: ${first}`);
    expect(await foo.state()).toBe('RUNNING');
    expect((await cLxc('checkpoint', ['-n', foo.name, '-s', '-v', '-D', images])).status).toBe(1);
    return;
  }
  expect(dumped).toEqual({ stdout: '', stderr: '', status: 0 });
  expect(await foo.state()).toBe('STOPPED');
  expect((await foo.run('checkpoint', ['-r', '-v', '-D', images])).stderr).toBe('');
  expect(await foo.state()).toBe('RUNNING');
});

testOurs(
  'lxc-test-checkpoint-restore of Debian ends as it does with LXC',
  both,
  async (scope) => {
    scope.file('/etc/lxc/default.conf', 'lxc.net.0.type = empty\n');
    scope.defer(() => rmSync('/tmp/checkpoint', { recursive: true, force: true }));
    const script = '/usr/bin/lxc-test-checkpoint-restore';
    const ended = async (path: string) => {
      const { status } = await run('sh', ['-c', `PATH=${path} ${script}`], { timeoutMs: 110_000 });
      await run('lxc-destroy', ['-n', 'lxc-test-criu', '-f']);
      return status;
    };
    const system = '/usr/sbin:/usr/bin:/sbin:/bin';
    expect(await ended(`${binDir}:${system}`)).toBe(await ended(system));
  },
  { timeoutMs: 240_000 },
);

/** A criu that says what it was told, and on a restore leaves a process behind as init. */
function fakeCriu(scope: Scope): { readonly PATH: string; readonly told: string } {
  const dir = scope.directory();
  const text = `#!/bin/sh
echo "$@" >> ${dir}/told
while [ $# -gt 0 ]; do
  case $1 in -t) kill -9 "$2";; --pidfile) pidfile=$2;; esac
  shift
done
[ -z "$pidfile" ] || { setsid sleep 1000 > /dev/null 2>&1 & echo $! > "$pidfile"; }
`;
  scope.file(join(dir, 'criu'), text, 0o755);
  return { PATH: `${dir}:/usr/sbin:/usr/bin:/sbin:/bin`, told: join(dir, 'told') };
}

testOurs('What criu restores gets a monitor', 'criu is a script here', async (scope) => {
  const foo = plain(scope);
  const { PATH, told } = fakeCriu(scope);
  const images = join(scope.directory(), 'images');
  const checkpoint = (...args: string[]) => foo.run('checkpoint', [...args, '-D', images], { env: { PATH } });
  await foo.start();
  const pid = await foo.initPid();
  expect(await checkpoint('-s')).toEqual({ stdout: '', stderr: '', status: 0 });
  expect(await foo.state()).toBe('STOPPED');
  expect(await checkpoint('-r')).toEqual({ stdout: '', stderr: '', status: 0 });
  expect(await foo.state()).toBe('RUNNING');
  expect((await checkpoint('-r')).stderr).toContain(`${foo.name} is running, not restoring`);
  const [dump = '', restore = ''] = readFileSync(told, 'utf8').split('\n');
  for (const word of [`-t ${pid}`, `--cgroup-root memory:/lxc.payload.${foo.name}`, `-D ${images}`])
    expect(dump).toContain(word);
  expect(dump).not.toContain('--leave-running');
  expect(restore).toContain('restore --tcp-established');
  await foo.stop();
  expect(await foo.state()).toBe('STOPPED');
  expect(existsSync(`/proc/${pid}`)).toBe(false);
});

testOurs('What makes no sense is refused as by LXC', both, async (scope) => {
  const foo = plain(scope);
  const dir = scope.directory();
  const all = [
    [],
    ['-D', dir],
    ['-s', '-r', '-D', dir],
    ['-d', '-D', dir],
    ['-F', '-D', dir],
    ['-r'],
    ['-p'],
  ];
  for (const args of all) {
    const words = ['-n', foo.name, ...args];
    const [ours, theirs] = [await lxc('checkpoint', words), await cLxc('checkpoint', words)];
    expect([ours.status, ours.stdout, ours.stderr !== ''], words.join(' ')).toEqual([
      theirs.status,
      theirs.stdout,
      true,
    ]);
  }
});
