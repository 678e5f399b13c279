import { expect, test } from 'vitest';
import { psText } from '../../../src/cli/commands/ps.ts';
import { beforeForeign } from '../../../src/cli/getopt.ts';

const all = {
  names: ['foo', 'a-long-name'],
  containerOf: (pid: number) => (pid === 7 ? 'foo' : undefined),
};

test('Rows of ps get the container in front, as wide as the longest name', () => {
  const output = '    PID CMD\n      1 init\n      7 sh\n';
  expect(psText(output, all, () => true)).toBe(
    'CONTAINER       PID CMD\n                  1 init\nfoo               7 sh\n',
  );
  expect(psText(output, all, (name) => name !== undefined)).toBe(
    'CONTAINER       PID CMD\nfoo               7 sh\n',
  );
});

test('Without a column of pids nothing can be told', () => {
  expect(() => psText('CMD\ninit\n', all, () => true)).toThrow('No PID field found');
});

test('Options end at the first that is not known', () => {
  const rows = [
    { short: 'n', long: 'name', arity: 'required' as const },
    { long: 'lxc', arity: 'none' as const },
  ];
  const words = (text: string) => beforeForeign(text.split(' '), rows).join(' ');
  expect(words('--lxc aux')).toBe('--lxc aux');
  expect(words('-n -x -ef --lxc')).toBe('-n -x -- -ef --lxc');
  expect(words('--name=foo --forest')).toBe('--name=foo -- --forest');
  expect(words('--lxc -- -ef')).toBe('--lxc -- -ef');
});
