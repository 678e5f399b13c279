/**
 * lxc-copy, lxc-snapshot, lxc-create and lxc-destroy beside Debian's: the same arguments for the same container give the
 * same status and the same standard output. Errors are told by ours where C LXC says nothing (copies.md).
 */

import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { binDir, cBinDir, type Result, run } from './harness/commands.ts';
import type { Scope } from './harness/scope.ts';
import { testOurs } from './harness/suite.ts';
import { User } from './harness/user.ts';

const both = 'it compares the two';

type Side = typeof binDir;

/** A name for what one side makes; both get one of the same length. */
function newName(scope: Scope): string {
  const name = scope.name();
  scope.defer(async () => {
    await run(join(binDir, 'lxc-destroy'), ['-n', name, '-f', '-s']);
    rmSync(`/var/lib/lxc/${name}`, { recursive: true, force: true });
  });
  return name;
}

/** Status and standard output of each, with the names that they were given taken out. */
async function answers(
  scope: Scope,
  verb: string,
  argsOf: (newName: string) => readonly string[],
): Promise<readonly { readonly status: number; readonly stdout: string; readonly stderr: string }[]> {
  const results: Result[] = [];
  for (const side of [binDir, cBinDir] satisfies readonly Side[]) {
    const name = newName(scope);
    const done = await run(join(side, `lxc-${verb}`), argsOf(name));
    results.push({ ...done, stdout: done.stdout.replaceAll(name, 'NEW') });
  }
  return results;
}

async function expectSame(
  scope: Scope,
  verb: string,
  argsOf: (newName: string) => readonly string[],
  status: number,
): Promise<void> {
  const [ours, theirs] = await answers(scope, verb, argsOf);
  const words = `lxc-${verb} ${argsOf('NEW').join(' ')}`;
  expect(ours, words).toMatchObject({ status, stdout: theirs?.stdout ?? '' });
  expect(theirs, words).toMatchObject({ status });
  // Who fails says why, and who succeeds says nothing.
  expect(ours?.stderr === '', words).toBe(status === 0);
}

testOurs('lxc-copy answers as that of C LXC', both, async (scope) => {
  const foo = scope.container();
  const from = ['-n', foo.name];
  await expectSame(scope, 'copy', (name) => [...from, '-N', name], 0);
  await expectSame(scope, 'copy', (name) => [...from, '-N', name, '-s', '-K', '-M'], 0);
  await expectSame(scope, 'copy', (name) => [...from, '-N', name, '-e', '-D'], 0);
  await expectSame(scope, 'copy', (name) => [...from, '-N', name, '-e', '-t'], 0);
  await expectSame(scope, 'copy', () => from, 1);
  await expectSame(scope, 'copy', () => [...from, '-N', foo.name], 1);
  await expectSame(scope, 'copy', (name) => [...from, '-N', name, '--bogus'], 1);
  await expectSame(scope, 'copy', (name) => ['-n', 'nosuch', '-N', name], 1);
  await expectSame(scope, 'copy', (name) => ['-N', name], 1);
  await expectSame(scope, 'copy', (name) => [...from, '-N', name, '-R'], 1);
  await foo.start();
  await expectSame(scope, 'copy', (name) => [...from, '-N', name], 1);
  await expectSame(scope, 'copy', (name) => [...from, '-N', name, '-s'], 1);
  await expectSame(scope, 'copy', (name) => [...from, '-N', name, '-e'], 1);
  await expectSame(scope, 'copy', (name) => [...from, '-N', name, '-a'], 0);
});

testOurs('lxc-snapshot answers as that of C LXC', both, async (scope) => {
  const foo = scope.container();
  const of = ['-n', foo.name];
  await expectSame(scope, 'snapshot', () => [...of, '-L'], 0);
  await expectSame(scope, 'snapshot', () => of, 0);
  for (const args of [['-r', 'snap9'], ['-d', 'snap9'], ['--bogus']])
    await expectSame(scope, 'snapshot', () => [...of, ...args], 1);
  await expectSame(scope, 'snapshot', (name) => [...of, '-r', 'snap0', '-N', name], 0);
  await expectSame(scope, 'snapshot', () => [...of, '-r', 'snap1'], 0);
  await foo.start();
  await expectSame(scope, 'snapshot', () => of, 1);
  await foo.stop();
  expect((await foo.run('snapshot', ['-d', 'ALL'])).status).toBe(0);
  await expectSame(scope, 'snapshot', () => [...of, '-d', 'ALL'], 1);
  await expectSame(scope, 'snapshot', () => ['-n', 'nosuch'], 1);
  await expectSame(scope, 'snapshot', () => [], 1);
});

testOurs('lxc-create and lxc-destroy answer as those of C LXC', both, async (scope) => {
  scope.file('/etc/lxc/default.conf', 'lxc.net.0.type = empty\n');
  const foo = scope.container();
  await expectSame(scope, 'create', (name) => ['-n', name, '-t', 'none'], 0);
  await expectSame(scope, 'create', (name) => ['-n', name], 1);
  await expectSame(scope, 'create', () => ['-n', foo.name, '-t', 'none'], 1);
  for (const args of [
    ['-t', 'nosuch'],
    ['-t', 'none', '-B', 'bogus'],
    ['-t', 'busybox', '--fssize', '3'],
    ['-t', 'busybox', '--dir', 'relative'],
    ['-t', 'busybox', '-B', 'dir,btrfs'],
    ['--bogus'],
  ])
    await expectSame(scope, 'create', (name) => ['-n', name, ...args], 1);
  await expectSame(scope, 'destroy', () => ['-n', 'nosuch'], 1);
  await expectSame(scope, 'destroy', () => ['-n', foo.name, '--bogus'], 1);
  await foo.start();
  await expectSame(scope, 'destroy', () => ['-n', foo.name], 1);
  await foo.stop();
});

testOurs('Who may not copy is refused by both', both, async (scope) => {
  const foo = scope.container();
  const user = new User(scope);
  const words: readonly (readonly string[])[] = [
    ['copy', '-N', 'stolen'],
    ['copy', '-N', 'stolen', '-s', '-p', user.lxcpath],
    ['snapshot'],
    ['destroy'],
  ];
  for (const [verb = '', ...args] of words)
    for (const side of [binDir, cBinDir]) {
      const argv = [join(side, `lxc-${verb}`), '-n', foo.name, '-P', '/var/lib/lxc', ...args];
      expect((await user.run(argv)).status, argv.join(' ')).toBe(1);
    }
  expect(foo.read('etc/passwd')).toContain('root');
});
