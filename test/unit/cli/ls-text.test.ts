import { describe, expect, test } from 'vitest';
import { defaultColumns, lsJson, lsText, parseColumns } from '../../../src/cli/ls-text.ts';
import type { Listed } from '../../../src/run/listing.ts';

const stopped: Listed = {
  name: 'c1',
  depth: 0,
  state: 'STOPPED',
  pid: undefined,
  memoryBytes: undefined,
  swapBytes: undefined,
  autostart: false,
  groups: [],
  unprivileged: false,
  interfaces: [],
  ipv4: [],
  ipv6: [],
};
const running: Listed = {
  ...stopped,
  name: 'tools-a',
  state: 'RUNNING',
  pid: 8622,
  memoryBytes: 675_840,
  swapBytes: 0,
  autostart: true,
  groups: ['g1', 'g2'],
  interfaces: ['eth0', 'lo'],
  ipv4: ['10.0.3.5', '10.0.4.5'],
};

describe('lxc-ls -f', () => {
  test('prints the default columns as LXC does', () => {
    expect(lsText([stopped, running], defaultColumns)).toBe(
      'NAME    STATE   AUTOSTART GROUPS IPV4               IPV6 UNPRIVILEGED \n' +
        'c1      STOPPED 0         -      -                  -    false        \n' +
        'tools-a RUNNING 1         g1, g2 10.0.3.5, 10.0.4.5 -    false        \n',
    );
  });

  test('prints the columns that were asked for in their order', () => {
    const asked = parseColumns(' pid, name,,RAM ,swap,interface');
    expect('columns' in asked && lsText([running, stopped], asked.columns)).toBe(
      'PID  NAME    RAM    SWAP   INTERFACE \n' +
        '8622 tools-a 0.64MB 0.00MB eth0, lo  \n' +
        '-    c1      -      -      -         \n',
    );
  });

  test('names the column that there is not', () => {
    expect(parseColumns('NAME,foo')).toEqual({ invalid: 'foo' });
    expect(parseColumns('toString')).toEqual({ invalid: 'toString' });
  });

  test('prints nothing where there is nothing', () => {
    expect(lsText([], defaultColumns)).toBe('');
  });

  test('indents containers in containers and shows - for what an unreadable configuration hides', () => {
    const inner = { ...stopped, name: 'c1/c2', depth: 1, autostart: undefined, unprivileged: undefined };
    const innermost = { ...stopped, name: 'c1/c2/c3', depth: 2 };
    expect(lsText([stopped, inner, innermost], ['NAME', 'AUTOSTART', 'UNPRIVILEGED'])).toBe(
      'NAME AUTOSTART UNPRIVILEGED \n' +
        'c1   0         false        \n' +
        '\\c2  -         -            \n' +
        ' \\c3 0         false        \n',
    );
  });

  test('gives every fact as JSON, what is not known as null', () => {
    expect(JSON.parse(JSON.stringify(lsJson([stopped])))).toEqual([
      {
        name: 'c1',
        state: 'STOPPED',
        pid: null,
        memoryBytes: null,
        swapBytes: null,
        cpuNanoseconds: null,
        blkioBytes: null,
        pids: null,
        autostart: false,
        groups: [],
        interfaces: [],
        ipv4: [],
        ipv6: [],
        unprivileged: false,
      },
    ]);
  });
});
