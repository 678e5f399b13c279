/** The comparison of two runs of the system tests. */

import { expect, test } from 'vitest';
import { comparable, compare, differenceOf } from '../../system/harness/same.ts';
import type { Answer } from '../../system/harness/transcript.ts';

const answer = (command: string, stdout: string, status = 0): Answer => ({
  argv: command.split(' '),
  status,
  stdout,
  stderr: '',
});
const transcript = (...answers: readonly Answer[]) => [{ title: 'a test', answers }];
const verdicts = (warm: readonly Answer[], cold: readonly Answer[]) =>
  compare(transcript(...warm), transcript(...cold)).map(({ isSame }) => isSame);

test('One byte, another status and a missing command are differences', () => {
  expect(verdicts([answer('lxc-ls', 'a')], [answer('lxc-ls', 'a')])).toEqual([true]);
  expect(verdicts([answer('lxc-ls', 'a')], [answer('lxc-ls', 'a ')])).toEqual([false]);
  expect(verdicts([answer('lxc-ls', 'a')], [answer('lxc-ls', 'a', 1)])).toEqual([false]);
  expect(verdicts([answer('lxc-ls', 'a')], [])).toEqual([false]);
});

test('Of a command that waits for something the last answer counts', () => {
  const warm = [answer('lxc-info -s', 'STOPPED'), answer('lxc-info -s', 'RUNNING')];
  expect(verdicts(warm, [answer('lxc-info -s', 'RUNNING')])).toEqual([true]);
});

test('Tests that passed in one run only are not compared', () => {
  expect(compare(transcript(answer('lxc-ls', 'a')), [])).toEqual([]);
});

test('Pids, usage and inodes are no difference, limits are one', () => {
  expect(comparable('lxc-info -n a', 'PID:            18648\n')).toBe('PID: #\n');
  expect(comparable('lxc-info -n a -p -H', '18648\n')).toBe('#\n');
  expect(comparable('lxc-info --format json', '{"pid": 7, "memoryBytes": 12}')).toBe(
    '{"pid": #, "memoryBytes": #}',
  );
  expect(comparable('lxc-snapshot -n a -L', 'snap0 (/a/snaps) 2026:11:21 09:56:30\n')).toBe(
    'snap0 (/a/snaps) TIME\n',
  );
  expect(comparable('lxc-attach -n a -- readlink x', 'net:[4026532567]')).toBe('net:[INODE]');
  expect(comparable('lxc-cgroup -n a memory.limit_in_bytes', '67108864')).toBe('67108864');
  expect(comparable('lxc-info -n a -c lxc.tty.max', 'lxc.tty.max = 12')).toBe('lxc.tty.max = 12');
});

test('A difference is shown where it begins', () => {
  const [comparison] = compare(
    transcript(answer('lxc-ls', `${'x'.repeat(500)}1`)),
    transcript(answer('lxc-ls', `${'x'.repeat(500)}2`)),
  );
  if (comparison === undefined) throw new Error('nothing was compared');
  const [one, other] = differenceOf(comparison);
  expect(one).toMatch(/^x{80}1/);
  expect(other).toMatch(/^x{80}2/);
});
