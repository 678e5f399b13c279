import { expect, test } from 'vitest';
import { describeKey, describeKeys, nearestKey } from '../../../src/config/describe.ts';
import { keys } from '../../../src/config/index.ts';

test('Every key is described, in the order of the table', () => {
  expect(describeKeys().map(({ pattern }) => pattern)).toEqual(Object.keys(keys));
});

test('An old spelling leads to the key that it became', () => {
  const facts = describeKey('lxc.utsname');
  expect(facts).toMatchObject({ key: 'lxc.uts.name', since: '0.6', effect: 'start', repeats: false });
  expect(facts?.spellings).toEqual([{ name: 'lxc.utsname', since: '0.6', until: '2.1' }]);
});

test('Members of a family and numbered interfaces lead to their row', () => {
  expect(describeKey('lxc.prlimit.nofile')).toMatchObject({ pattern: 'lxc.prlimit.<name>' });
  expect(describeKey('lxc.net.7.type')).toMatchObject({ key: 'lxc.net.7.type', pattern: 'lxc.net.<n>.type' });
  expect(describeKey('lxc.network.type')).toMatchObject({ pattern: 'lxc.net.<n>.type' });
});

test('A key that nobody knows is not described, and has a neighbour', () => {
  expect(describeKey('lxc.uts.nam')).toBeUndefined();
  expect(nearestKey('lxc.uts.nam')).toBe('lxc.uts.name');
});
