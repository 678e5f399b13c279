/** Warm and cold: with a daemon and without, every command writes the same bytes and ends with the same status. */

import { expect } from 'vitest';
import { lxc, type Result } from './harness/commands.ts';
import { testOurs } from './harness/suite.ts';

const reason = 'C LXC has no daemon';

async function bothWays(
  verb: string,
  args: readonly string[],
  prepare?: () => Promise<unknown>,
): Promise<Result> {
  const answers: Result[] = [];
  for (const daemon of ['1', '0']) {
    await prepare?.();
    answers.push(await lxc(verb, args, { env: { LXC_TS_DAEMON: daemon } }));
  }
  const [warm, cold] = answers;
  expect(cold, `lxc-${verb} ${args.join(' ')}`).toEqual(warm);
  if (warm === undefined) throw new Error('nothing was run');
  return warm;
}

testOurs('Commands on a stopped container answer alike', reason, async (scope) => {
  const foo = scope.container({ config: ['lxc.group = g'] });
  const named = ['-n', foo.name];
  for (const [verb, ...args] of [
    ['info', ...named],
    ['info', '-n', 'nosuch'],
    ['info', ...named, '-c', 'lxc.group'],
    ['info', '--bogus'],
    ['info', '--help'],
    ['ls'],
    ['ls', '-f'],
    ['ls', '-f', '-F', 'BOGUS'],
    ['stop', ...named],
    ['stop', ...named, '-k', '-r'],
    ['wait', ...named, '-s', 'STOPPED'],
    ['wait', ...named, '-s', 'RUNNING', '-t', '0'],
    ['cgroup', ...named, 'memory.limit_in_bytes'],
    ['freeze', ...named],
    ['attach', ...named, '--', '/bin/true'],
    ['kill', ...named, 'BOGUS'],
    ['config', '-l'],
    ['config', 'lxc.lxcpath'],
    ['checkconfig'],
    ['start', '-n', 'nosuch', '-d'],
    ['start', ...named, '-d', '-s', 'lxc.bogus=1'],
    ['start', ...named, '-d', '-s', 'lxc.net.0.type=veth', '-s', 'lxc.net.0.link=nosuchbr'],
    ['start', ...named, '--plan', '-s', 'lxc.uts.name=x'],
    ['destroy', '-n', 'nosuch'],
    ['create', ...named, '-t', 'none'],
  ]) {
    await bothWays(verb ?? '', args);
  }
});

testOurs('Commands on a running container answer alike', reason, async (scope) => {
  const foo = scope.container({ config: ['lxc.cgroup.memory.limit_in_bytes = 64M'] });
  await foo.start();
  await foo.probe();
  const named = ['-n', foo.name];
  for (const [verb, ...args] of [
    ['start', ...named],
    ['info', ...named, '-s', '-p'],
    ['ls', '--running'],
    ['cgroup', ...named, 'memory.limit_in_bytes'],
    ['cgroup', ...named, 'memory.nosuch'],
    ['cgroup', ...named, 'cpu.shares', 'many'],
    ['attach', ...named, '--', '/probe', '--say', 'out', 'err'],
    ['attach', ...named, '--', '/probe', '--exit', '7'],
    ['attach', ...named, '--', '/nosuch'],
    ['attach', ...named, '--clear-env', '--', '/bin/env'],
    ['freeze', ...named],
    ['unfreeze', ...named],
    ['wait', ...named, '-s', 'RUNNING'],
    ['kill', ...named, '0'],
    ['destroy', ...named],
  ]) {
    await bothWays(verb ?? '', args);
  }
});

testOurs('Starts, executes and stops answer alike', reason, async (scope) => {
  const foo = scope.container();
  const named = ['-n', foo.name];
  const stopped = () => foo.run('stop', ['-k']);
  expect((await bothWays('start', [...named, '-d'], stopped)).status).toBe(0);
  expect((await bothWays('stop', [...named, '-k'], () => foo.run('start', ['-d']))).status).toBe(0);
  expect((await bothWays('execute', [...named, '--', '/probe', '--exit', '9'])).status).toBe(9);
  expect((await bothWays('execute', [...named, '--', '/probe', '--say', 'out', 'err'])).stdout).toBe('out');
});
