/** --trace: every op of a real start with its time, and nearly all of the time explained. */

import { expect } from 'vitest';
import { testOurs } from './harness/suite.ts';

const reason = 'C LXC does not tell where its time goes';

/** Percents of the phases by what they say. */
function shareOf(trace: string, phase: string): number {
  const share = new RegExp(`([\\d.]+) %  ${phase}`).exec(trace)?.[1];
  return Number(share);
}

const acts = (trace: string) => trace.match(/^ *[\d.]+ +[\d.]+ {2}(parent|child) .*$/gm) ?? [];

testOurs('lxc-start --trace tells each op of the plan, and 95 % of the time', reason, async (scope) => {
  const foo = scope.container({ config: ['lxc.uts.name = traced', 'lxc.net.0.type = empty'] });
  const { stdout: plan } = await foo.run('start', ['--plan']);
  const { status, stdout, stderr: trace } = await foo.run('start', ['-d', '--trace']);
  expect({ status, stdout }).toEqual({ status: 0, stdout: '' });
  const planned = plan.split('settings:')[0]?.match(/^ +\d+ /gm) ?? [];
  expect(acts(trace)).toHaveLength(planned.length);
  expect(trace).toMatch(/child {3}setHostname name=traced {2}# .*config:\d+/);
  expect(shareOf(trace, 'between the acts')).toBeLessThanOrEqual(5);
  expect((await foo.probe()).hostname).toBe('traced');
});

testOurs('lxc-execute --trace keeps the output of the command apart', reason, async (scope) => {
  const foo = scope.container();
  const { status, stdout, stderr } = await foo.run('execute', [
    '--trace',
    '--',
    '/bin/sh',
    '-c',
    'echo said; exit 3',
  ]);
  expect({ status, stdout }).toEqual({ status: 3, stdout: 'said\n' });
  expect(stderr).toContain('child   execInit');
});

testOurs('A start that fails tells how far it came, and the error last', reason, async (scope) => {
  const foo = scope.container({ config: ['lxc.mount.entry = /nosuch srv none bind,create=dir 0 0'] });
  const { status, stderr } = await foo.run('start', ['-d', '--trace']);
  expect(status).toBe(1);
  expect(acts(stderr).at(-1)).not.toContain('exec ');
  expect(stderr.trimEnd().split('\n').at(-1)).toContain('/nosuch');
  expect(await foo.state()).toBe('STOPPED');
});
