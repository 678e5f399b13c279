import { describe, expect, test } from 'vitest';
import { type GetoptRow, getopt } from '../../../src/cli/getopt.ts';

const rows: readonly GetoptRow[] = [
  { short: 'H', long: 'no-humanize', arity: 'none' },
  { short: 'n', long: 'name', arity: 'required' },
  { short: 'P', long: 'lxcpath', arity: 'required' },
  { short: 'e', long: 'elevated-privileges', arity: 'optional' },
  { short: 'q', long: 'quiet', arity: 'none' },
  { short: '?', arity: 'none' },
  { long: 'pid', arity: 'none' },
  { long: 'pidfile', arity: 'required' },
];

function scan(...args: string[]) {
  const result = getopt(args, rows);
  if ('complaint' in result) return result.complaint;
  const matches = result.matches.map(({ row, value }) => [row.long ?? row.short, value]);
  return { matches, operands: result.operands };
}

describe('getopt', () => {
  test('takes operands from between options, and everything behind --', () => {
    expect(scan('foo', '-q', 'bar', '--', '-n', '--')).toEqual({
      matches: [['quiet', undefined]],
      operands: ['foo', 'bar', '-n', '--'],
    });
  });

  test('stops at the first operand where POSIXLY_CORRECT asks for it', () => {
    expect(getopt(['foo', '-q'], rows, true)).toEqual({ matches: [], operands: ['foo', '-q'] });
  });

  test('reads an argument glued to its option or behind it', () => {
    const foo = { matches: [['name', 'foo']], operands: [] };
    for (const args of [['-nfoo'], ['-n', 'foo'], ['--name=foo'], ['--name', 'foo'], ['--na', 'foo']])
      expect(scan(...args)).toEqual(foo);
    expect(scan('-qHnfoo')).toMatchObject({
      matches: [
        ['quiet', undefined],
        ['no-humanize', undefined],
        ['name', 'foo'],
      ],
    });
  });

  test('takes an optional argument only when it is glued', () => {
    expect(scan('-e', 'CAP')).toEqual({ matches: [['elevated-privileges', undefined]], operands: ['CAP'] });
    expect(scan('-eCAP')).toEqual({ matches: [['elevated-privileges', 'CAP']], operands: [] });
    expect(scan('--elevated-privileges=CAP|LSM')).toMatchObject({
      matches: [['elevated-privileges', 'CAP|LSM']],
    });
  });

  test('prefers an exact long name to longer ones', () => {
    expect(scan('--pid')).toMatchObject({ matches: [['pid', undefined]] });
    expect(scan('--pidf', 'x')).toMatchObject({ matches: [['pidfile', 'x']] });
  });

  test('takes a lone dash as an operand and an argument that looks like an option as it is', () => {
    expect(scan('-', '-n', '-q')).toEqual({ matches: [['name', '-q']], operands: ['-'] });
  });

  test.each([
    [['--bogus=3'], "unrecognized option '--bogus=3'"],
    [['--n=3'], "option '--n=3' is ambiguous; possibilities: '--no-humanize' '--name'"],
    [['--quiet=3'], "option '--quiet' doesn't allow an argument"],
    [['--lxcp'], "option '--lxcpath' requires an argument"],
    [['-qP'], "option requires an argument -- 'P'"],
    [['-qz'], "invalid option -- 'z'"],
  ])('complains about %j as glibc does', (args, complaint) => {
    expect(scan(...args)).toBe(complaint);
  });
});
