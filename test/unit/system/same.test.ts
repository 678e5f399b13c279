/** The comparison of two runs of the system tests. */

import { expect, test } from 'vitest';
import { compare, differenceOf } from '../../system/harness/same.ts';
import type { Answer } from '../../system/harness/transcript.ts';

const answer = (command: string, stdout: string, status = 0): Answer => ({
  argv: command.split(' '),
  status,
  stdout,
  stderr: '',
});
const transcript = (...answers: readonly Answer[]) => [{ title: 'a test', answers }];
const verdicts = (warm: readonly Answer[], cold: readonly Answer[]) =>
  compare(transcript(...warm), transcript(...cold)).map(({ verdict }) => verdict);

test('One byte, another status and a missing command are differences', () => {
  expect(verdicts([answer('lxc-ls', 'a')], [answer('lxc-ls', 'a')])).toEqual(['same']);
  expect(verdicts([answer('lxc-ls', 'a')], [answer('lxc-ls', 'a ')])).toEqual(['different']);
  expect(verdicts([answer('lxc-ls', 'a')], [answer('lxc-ls', 'a', 1)])).toEqual(['different']);
  expect(verdicts([answer('lxc-ls', 'a')], [])).toEqual(['different']);
  expect(verdicts([], [answer('lxc-ls', 'a')])).toEqual(['different']);
});

test('A command that is said again is compared each time', () => {
  const once = answer('lxc-info -s', 'STOPPED');
  const again = answer('lxc-info -s', 'RUNNING');
  expect(verdicts([once, again], [once, again])).toEqual(['same', 'same']);
  expect(verdicts([once, again], [again, again])).toEqual(['different', 'same']);
  expect(verdicts([once, again], [once])).toEqual(['same', 'different']);
});

test('Commands that run side by side may end in any order', () => {
  const [one, other] = [answer('lxc-info -n a', 'RUNNING'), answer('lxc-info -n b', 'STOPPED')];
  expect(verdicts([one, other], [other, one])).toEqual(['same', 'same']);
});

test('Two tests of one title cannot be told apart', () => {
  const twice = [...transcript(answer('lxc-ls', 'a')), ...transcript(answer('lxc-ls', 'b'))];
  expect(() => compare(twice, twice)).toThrow('Two tests are called "a test"');
});

test('Tests that passed in one run only are not compared', () => {
  expect(compare(transcript(answer('lxc-ls', 'a')), [])).toEqual([]);
});

test('What commands say that race is neither the same nor different', () => {
  const race = (...stdout: readonly string[]) => [
    {
      title: 'SIGKILL to the command at any moment of a start',
      answers: stdout.map((one) => answer('lxc-ls', one)),
    },
  ];
  expect(compare(race('a', 'b'), race('b')).map(({ verdict }) => verdict)).toEqual(['race']);
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
