import { expect, test } from 'vitest';
import { signalNumber } from '../../../../src/cli/commands/kill.ts';

test.each([
  ['9', 9],
  ['9abc', 9],
  [' 15', 15],
  ['64', 64],
  ['34', 34],
  ['-3', -3],
  ['TERM', 15],
  ['sigterm', 15],
  ['SIGHUP', 1],
  ['RTMIN+3', 37],
  ['SIGRTMAX-1', 63],
  ['RTMIN', 34],
])('lxc-kill reads %j as signal %i', (text, number) => {
  expect(signalNumber(text)).toBe(number);
});

test.each(['0', '', '65', '1000', 'BOGUS', 'SIG', 'RTMIN+31', 'KILLER'])(
  'lxc-kill refuses %j with 255',
  (text) => {
    expect(() => signalNumber(text)).toThrow(expect.objectContaining({ exit: 255 }));
  },
);
