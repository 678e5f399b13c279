import { describe, expect, test } from 'vitest';
import { failure, notes, parse } from './support.ts';

describe('lines', () => {
  test.each([
    ['LF', '\n'],
    ['CR', '\r'],
    ['CR and LF', '\r\n'],
  ])('end with %s and are counted as an editor does', (_, end) => {
    const config = parse(['# comment', '', 'lxc.tty.max = 2', ''].join(end));
    expect(config.one('lxc.tty.max')).toMatchObject({ value: 2, origin: { line: 3 } });
  });

  test('may start with blanks and carry blanks around key and value', () => {
    expect(parse(' \t lxc.tty.max \t =\t 2 \t').value('lxc.tty.max')).toBe(2);
  });

  test('are cut at the first equals sign', () => {
    expect(parse('lxc.init.cmd = a=b').value('lxc.init.cmd')).toBe('a=b');
  });

  test('have no trailing comments', () => {
    expect(parse('lxc.init.cmd = a # b').value('lxc.init.cmd')).toBe('a # b');
    expect(failure(() => parse('lxc.tty.max = 2 # two'))).toContain('"2 # two"');
  });

  test('are not continued by a backslash', () => {
    expect(failure(() => parse('lxc.tty.max = 2 \\\n3'))).toContain('"2 \\"');
  });

  test('of the first may stand behind a byte order mark', () => {
    expect(parse('\uFEFFlxc.tty.max = 2').value('lxc.tty.max')).toBe(2);
  });

  test('that begin with lxc. and have no equals sign are refused', () => {
    expect(failure(() => parse('\nlxc.tty.max 2'))).toBe(
      'foo.conf:2: Cannot read "lxc.tty.max 2": the line has no "="',
    );
  });

  test('that do not begin with lxc. are ignored with a warning', () => {
    expect(notes(parse(['lcx.tty.max = 2', 'foo = bar']))).toEqual([
      'foo.conf:1: "lcx.tty.max = 2" is ignored, since it does not start with "lxc."; did you mean lxc.tty.max?',
      'foo.conf:2: "foo = bar" is ignored, since it does not start with "lxc."',
    ]);
  });

  test('are case-sensitive', () => {
    expect(failure(() => parse('lxc.TTY.max = 2'))).toBe(
      'foo.conf:1: Unknown configuration key lxc.TTY.max; did you mean lxc.tty.max?',
    );
  });

  test('with bytes that are not UTF-8 are refused, except in comments', () => {
    expect(parse('# gr\uFFFDn').entries).toEqual([]);
    expect(failure(() => parse('lxc.rootfs.path = /gr\uFFFDn'))).toContain('the line is not UTF-8');
  });
});

describe('quotes', () => {
  test.each([
    ['"foo"', 'foo'],
    ["'foo'", 'foo'],
    ['" foo "', ' foo '],
    ['"foo\'', '"foo\''],
    ['"', '"'],
    ['"a" "b"', 'a" "b'],
    ['"\'foo\'"', "'foo'"],
  ])('%s stands for %s', (written, text) => {
    expect(parse(`lxc.init.cmd = ${written}`).value('lxc.init.cmd')).toBe(text);
  });

  test('around nothing give an empty value, which clears', () => {
    expect(parse(['lxc.tty.max = 2', 'lxc.tty.max = ""']).one('lxc.tty.max')).toBeUndefined();
  });
});

describe('keys', () => {
  test('that are unknown are refused with the nearest known one', () => {
    expect(failure(() => parse('lxc.rootfs.pth = /x'))).toBe(
      'foo.conf:1: Unknown configuration key lxc.rootfs.pth; did you mean lxc.rootfs.path?',
    );
    expect(failure(() => parse('lxc.net.3.lnk = br0'))).toContain('did you mean lxc.net.3.link?');
    expect(failure(() => parse('lxc.prlimit.nofiles = 1'))).toContain('did you mean lxc.prlimit.nofile?');
    expect(failure(() => parse('lxcts.lxcfz = auto'))).toContain('did you mean lxcts.lxcfs?');
    expect(failure(() => parse('lxc.utsnam = x'))).toContain('did you mean lxc.utsname?');
  });

  test('that resemble nothing are refused without a guess', () => {
    expect(failure(() => parse('lxc.quux.frobnicate = 1'))).toBe(
      'foo.conf:1: Unknown configuration key lxc.quux.frobnicate',
    );
  });

  test.each([
    'lxc.net.0.',
    'lxc.net.0.asdf',
    'lxc.net.x.type',
    'lxc.net.-1.type',
    'lxc.net.2147483647.type',
    'lxc.net.<n>.type',
    'lxc.prlimit.',
    'lxc.process',
    'lxc.sysctl.a..b',
    'lxc.proc.../mem',
    'lxc.cgroup.',
    'lxc.cgroup.dir.other',
    'lxc.cgroup2.a/b',
    'lxc.namespace.share',
    'lxc.',
    'lxcts.',
  ])('like %s do not exist', (key) => {
    expect(failure(() => parse(`${key} = 1`))).toContain('Unknown configuration key');
  });

  test('of interfaces are the same with leading zeros in their number', () => {
    expect(parse('lxc.net.007.type = empty').nets.map(({ index }) => index)).toEqual([7]);
  });

  test('that group others take an empty value only', () => {
    for (const key of ['lxc.net', 'lxc.net.0', 'lxc.hook', 'lxc.cgroup2', 'lxc.prlimit']) {
      expect(failure(() => parse(`${key} = x`))).toContain('takes only an empty value');
    }
  });
});
