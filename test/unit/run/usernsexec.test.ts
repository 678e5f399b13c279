import { expect, test } from 'vitest';
import { readMaps } from '../../../src/run/usernsexec.ts';

test('a map is for users, for groups or for both', () => {
  expect(readMaps(['u:0:1000:1', 'g:5:6:7', 'b:10:100000:65536'])).toEqual({
    users: [
      { inside: 0, outside: 1000, range: 1 },
      { inside: 10, outside: 100000, range: 65536 },
    ],
    groups: [
      { inside: 5, outside: 6, range: 7 },
      { inside: 10, outside: 100000, range: 65536 },
    ],
  });
});

test.each(['', 'foo', 'u:0:1', 'u:0:1:1:1', 'x:0:1:1', 'b:0:1:0', 'b:0:-1:1', 'b:0:1:1x'])(
  'what is no map of ids is refused: %s',
  (text) => {
    expect(() => readMaps([text])).toThrow(`Failed to read '${text}' as a map of ids`);
  },
);
