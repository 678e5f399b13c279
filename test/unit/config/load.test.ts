import { describe, expect, test } from 'vitest';
import { clearItem, define, loadConfig, parseConfig, setItem } from '../../../src/config/index.ts';
import { fakeIo } from './fake-io.ts';
import { failure, notes, parse } from './support.ts';

const load = (files: Readonly<Record<string, string>>, file = '/cfg/main') =>
  loadConfig(file, fakeIo({ files }));

describe('includes', () => {
  test('put the lines of a file in the place of the line', () => {
    const config = load({
      '/cfg/main': 'lxc.tty.max = 1\nlxc.include = /etc/more\nlxc.pty.max = 3',
      '/etc/more': '# more\nlxc.tty.max = 2\nlxc.pty.max = 2',
    });
    expect(config.one('lxc.tty.max')).toMatchObject({ value: 2, origin: { file: '/etc/more', line: 2 } });
    expect(config.one('lxc.pty.max')).toMatchObject({ value: 3, origin: { file: '/cfg/main', line: 3 } });
  });

  test('of a directory are its .conf files in sorted order', () => {
    const config = load({
      '/cfg/main': 'lxc.include = fragments/',
      '/cfg/fragments/20-b.conf': 'lxc.group = b',
      '/cfg/fragments/10-a.conf': 'lxc.group = a',
      '/cfg/fragments/.conf': 'lxc.group = hidden',
      '/cfg/fragments/readme': 'lxc.group = readme',
    });
    expect(config.many('lxc.group').map(({ text, origin }) => [text, origin.file])).toEqual([
      ['a', 'fragments/10-a.conf'],
      ['b', 'fragments/20-b.conf'],
    ]);
  });

  test('of a directory need no slash, and none need be there', () => {
    expect(
      load({ '/cfg/main': 'lxc.include = d', '/cfg/d/a.conf': 'lxc.tty.max = 1' }).value('lxc.tty.max'),
    ).toBe(1);
    expect(load({ '/cfg/main': 'lxc.include = nowhere/' }).entries).toEqual([]);
  });

  test('of nothing are nothing', () => {
    expect(load({ '/cfg/main': 'lxc.include =' }).entries).toEqual([]);
  });

  test('of a file that is not there are refused with the line', () => {
    expect(failure(() => load({ '/cfg/main': '\nlxc.include = nowhere' }))).toBe(
      '/cfg/main:2: Cannot include nowhere: No such file or directory; relative paths start at /cfg',
    );
  });

  test('that lead back are refused with the whole circle', () => {
    const files = {
      '/cfg/a': 'lxc.include = b',
      '/cfg/b': 'lxc.include = /cfg/c',
      '/cfg/c': 'lxc.include = ./b',
    };
    expect(failure(() => load(files, 'a'))).toBe(
      '/cfg/c:1: Cannot include ./b: it includes itself (b -> /cfg/c -> ./b)',
    );
  });

  test('of one file twice are no circle', () => {
    const config = load({ '/cfg/main': 'lxc.include = a\nlxc.include = a', '/cfg/a': 'lxc.group = g' });
    expect(config.many('lxc.group')).toHaveLength(2);
  });

  test('blame the line in the included file for its errors', () => {
    expect(failure(() => load({ '/cfg/main': 'lxc.include = a', '/cfg/a': '\n\nlxc.tty.max = x' }))).toBe(
      'a:3: Cannot use "x" for lxc.tty.max: it is not a whole number',
    );
  });
});

test('a configuration that is not there is refused', () => {
  expect(failure(() => load({}))).toBe(
    'Failed to read the configuration /cfg/main: No such file or directory',
  );
});

describe('definitions', () => {
  const io = fakeIo({ files: { '/cfg/more': 'lxc.tty.max = 7' } });
  const base = parse(['lxc.tty.max = 1', 'lxc.group = a', 'lxc.network.type = veth']);

  test('come after the file: scalars are replaced, lists grow, an empty value clears', () => {
    const config = define(base, ['lxc.tty.max=2', ' lxc.group = "b"', 'lxc.pty.max = 5', 'lxc.pty.max='], io);
    expect(config.one('lxc.tty.max')).toMatchObject({ value: 2, origin: { file: '-s', line: 1 } });
    expect(config.many('lxc.group').map(({ text }) => text)).toEqual(['a', 'b']);
    expect(config.one('lxc.pty.max')).toBeUndefined();
    expect(base.value('lxc.tty.max')).toBe(1);
  });

  test('continue the interface that the file opened last', () => {
    expect(define(base, ['lxc.network.link=br0'], io).nets[0]?.value('link')).toBe('br0');
  });

  test('may include', () => {
    expect(define(base, ['lxc.include=more'], io).value('lxc.tty.max')).toBe(7);
  });

  test.each(['tty=1', 'lxc.tty.max', '', '# lxc.tty.max=1'])('like "%s" are refused', (definition) => {
    expect(failure(() => define(base, ['lxc.group=g', definition], io))).toContain('-s:2: Cannot define');
  });

  test('with a bad value are refused like a line', () => {
    expect(failure(() => define(base, ['lxc.tty.max=x'], io))).toBe(
      '-s:1: Cannot use "x" for lxc.tty.max: it is not a whole number',
    );
    expect(failure(() => define(base, ['lxc.init.cmd=a\nb'], io))).toContain('line break');
  });
});

describe('items', () => {
  const io = fakeIo();
  const origin = { file: 'api', line: 1 };

  test('are set as they are, quotes and all, and cleared', () => {
    const config = setItem(parse('lxc.tty.max = 1'), { key: 'lxc.init.cmd', text: '"a"' }, origin, io);
    expect(config.value('lxc.init.cmd')).toBe('"a"');
    expect(clearItem(config, 'lxc.init.cmd', origin, io).one('lxc.init.cmd')).toBeUndefined();
  });
});

test('variables are taken from the caller, random digits are drawn once per line', () => {
  const io = fakeIo({ env: { HOME: '/home/me' }, digits: [1, 2, 3] });
  const text = 'lxc.environment = HOME\nlxc.net.0.hwaddr = 00:16:3e:xx:xX:00';
  const config = parseConfig(text, { file: 'f', io });
  expect(config.entries.map((entry) => entry.text)).toEqual(['HOME=/home/me', '00:16:3e:12:31:00']);
  expect(notes(config)).toEqual([]);
});
