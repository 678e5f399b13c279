import { expect, test } from 'vitest';
import { allowanceLines } from '../../../src/run/user-nic.ts';

const text = [
  '# USER TYPE BRIDGE COUNT',
  'bob veth br0 10',
  'eve veth br0 1',
  '  @lxc veth  br0 5',
  'bob veth br1 2',
];

test('the lines for a user and a bridge are his own, and those of groups that he may be in', () => {
  expect(allowanceLines(text.join('\n'), 'bob', 'br0')).toEqual(['"bob veth br0 10"', '"@lxc veth  br0 5"']);
  expect(allowanceLines(text.join('\n'), 'bob', 'br2')).toEqual([]);
});
