import { expect, test } from 'vitest';
import { stop, wishOf } from '../../../../src/cli/commands/stop.ts';
import { getopt } from '../../../../src/cli/getopt.ts';
import type { Option } from '../../../../src/cli/option.ts';

function wish(...args: string[]) {
  const scan = getopt(args, stop.options);
  if ('complaint' in scan) throw new Error(scan.complaint);
  const get = <T>(option: Option<T>): T =>
    option.read(scan.matches.filter(({ row }) => row === option).map(({ value }) => value));
  return wishOf({ get });
}

test('lxc-stop halts within a minute and then kills', () => {
  expect(wish()).toEqual({ act: 'halt', seconds: 60, insist: true, unlessVain: true });
  expect(wish('-t', '5', '--nokill')).toMatchObject({ act: 'halt', seconds: 5, insist: false });
  expect(wish('-t', '-1')).toMatchObject({ seconds: Number.POSITIVE_INFINITY });
  expect(wish('-W')).toMatchObject({ act: 'halt', seconds: 0, insist: false });
  expect(wish('-r', '-t3')).toMatchObject({ act: 'reboot', seconds: 3 });
  expect(wish('-k')).toMatchObject({ act: 'kill' });
});

test('lxc-stop waits as long as it was told to, even where nobody listens', () => {
  expect(wish('-t', '60').unlessVain).toBe(false);
  expect(wish('-W').unlessVain).toBe(false);
  expect(wish('--nokill').unlessVain).toBe(true);
});

test.each([
  [['-k', '--nokill'], "-k can't be used with --nokill"],
  [['-k', '-r'], "-k can't be used with -r"],
  [['-k', '-t', '3'], "-k doesn't allow timeouts"],
  [['--nolock'], '--nolock may only be used with -k'],
  [['-t', '-2'], 'Invalid timeout'],
])('lxc-stop %j is a contradiction', (args, message) => {
  expect(() => wish(...args)).toThrow(message);
});
