import { describe, expect, test } from 'vitest';
import type { SeccompFacts } from '../../../src/plan/seccomp.ts';
import { policyPath } from '../../../src/plan/seccomp.ts';
import { filterFlags } from '../../../src/wire/ops.ts';
import { config, host, minimal, planOf, refusal } from './fixture.ts';

const policy = '2\ndenylist\nkexec_load errno 1\n';
const free: SeccompFacts = { machine: 'x64', caller: 'free', policy };

function plan(lines: readonly string[], seccomp: SeccompFacts = free) {
  return planOf({ lines: [...minimal, 'lxc.seccomp.profile = /p', ...lines], facts: { ...host, seccomp } });
}

function order(lines: readonly string[]): readonly string[] {
  const names = plan(lines).program.child.map(({ op }) => op);
  const shown = ['capDrop', 'noNewPrivs', 'seccomp', 'runHook', 'stdio', 'setIds', 'pdeathsig', 'exec'];
  return names.filter((name) => shown.includes(name));
}

describe('the filter is loaded', () => {
  test('right before exec, so that a policy need not allow what only a start does', () => {
    const lines = ['lxc.cap.drop = sys_admin', 'lxc.no_new_privs = 1'];
    expect(order(lines)).toEqual([
      'capDrop',
      'noNewPrivs',
      'stdio',
      'setIds',
      'pdeathsig',
      'seccomp',
      'exec',
    ]);
  });

  test('before init becomes another user, who may not', () => {
    expect(order(['lxc.init.uid = 1000'])).toEqual(['stdio', 'seccomp', 'setIds', 'pdeathsig', 'exec']);
  });

  test('before start hooks, which run programs of the container', () => {
    expect(order(['lxc.hook.start = /a'])).toEqual([
      'seccomp',
      'runHook',
      'stdio',
      'setIds',
      'pdeathsig',
      'exec',
    ]);
  });

  test('not without the key', () => {
    const { program } = planOf({ lines: minimal, facts: { ...host, seccomp: free } });
    expect(program.child.some(({ op }) => op === 'seccomp')).toBe(false);
  });
});

test('A policy that is not there is an error of the line that names it', () => {
  const lines = [...minimal, 'lxc.seccomp.profile = /p'];
  const facts = { ...host, seccomp: { ...free, policy: undefined } };
  expect(refusal({ lines, facts })).toBe(
    'web.conf:4: Failed to read the seccomp policy /p: No such file; make the file, or remove the line',
  );
});

test('Skipped rules are notes with the line of the policy', () => {
  const { notes } = plan([], { ...free, policy: '2\ndenylist\nkexec_laod errno 1\n' });
  expect(notes.map(({ origin, key }) => [origin, key])).toEqual([
    [{ file: '/p', line: 3 }, 'lxc.seccomp.profile'],
  ]);
});

describe('a policy that notifies', () => {
  const notifying = { ...free, policy: '2\ndenylist\nmkdir notify\n' };
  const settings = (lines: readonly string[]) =>
    plan(lines, notifying).program.settings.find(({ op }) => op === 'setNotify')?.args;

  test('hands its listener to the monitor, which is told of the proxy', () => {
    const lines = ['lxc.seccomp.notify.proxy = unix:@/a', 'lxc.seccomp.notify.cookie = b'];
    expect(settings(lines)).toEqual({ path: '@/a', cookie: 'b' });
    const op = plan(lines, notifying).program.child.find((one) => one.op === 'seccomp');
    expect(op?.args).toMatchObject({ listener: 1, flags: filterFlags.waitKillable });
  });

  test('without a proxy has nobody to ask, and says so', () => {
    expect(settings([])).toEqual({ path: '', cookie: '' });
    expect(plan([], notifying).notes.map(({ message }) => message)).toEqual([
      'calls that notify fail with ENOSYS: there is no lxc.seccomp.notify.proxy',
    ]);
  });

  test('is missed where there is a proxy', () => {
    const { notes, program } = plan(['lxc.seccomp.notify.proxy = unix:/a']);
    expect(notes.map(({ message }) => message)).toEqual(['no rule of the policy notifies']);
    expect(program.settings.some(({ op }) => op === 'setNotify')).toBe(false);
  });
});

describe('no policy is loaded', () => {
  const isLoaded = (lines: readonly string[], facts: SeccompFacts) =>
    plan(lines, facts).program.child.some(({ op }) => op === 'seccomp');

  test('below another filter unless lxc.seccomp.allow_nesting says so', () => {
    const filtered = { ...free, caller: 'filtered' } as const;
    expect(isLoaded([], filtered)).toBe(false);
    expect(isLoaded(['lxc.seccomp.allow_nesting = 1'], filtered)).toBe(true);
    expect(plan([], filtered).notes[0]?.message).toContain(
      'the policy is not loaded: the caller is under a filter',
    );
  });

  test('on a kernel without filters', () => {
    expect(isLoaded(['lxc.seccomp.allow_nesting = 1'], { ...free, caller: 'unknown' })).toBe(false);
  });
});

test('A relative path starts at the directory of the caller', () => {
  expect(policyPath(config('lxc.seccomp.profile = a/b'), '/home/user')).toBe('/home/user/a/b');
  expect(policyPath(config('lxc.seccomp.profile = /a'), '/home/user')).toBe('/a');
  expect(policyPath(config('lxc.uts.name = a'), '/home/user')).toBe(undefined);
});
