import { describe, expect, test } from 'vitest';
import { findTemplate, isNoTemplate, originComment, templateArguments } from '../../../src/run/template.ts';

describe('templates', () => {
  test('of ours come before those of LXC', () => {
    expect(findTemplate('busybox')).toMatch(/\/templates\/lxc-busybox$/);
    expect(findTemplate('busybox')).not.toContain('/usr/share/lxc');
    expect(findTemplate('/bin/sh')).toBe('/bin/sh');
  });

  test('that do not exist are told with those that do', () => {
    expect(() => findTemplate('nope')).toThrow('Template "nope" not found');
    expect(() => findTemplate('../bin/sh')).toThrow('not found');
  });

  test('are not wanted by none or a beginning of it', () => {
    expect(['none', 'no', 'n'].map(isNoTemplate)).toEqual([true, true, true]);
    expect(['', 'nones', 'busybox'].map(isNoTemplate)).toEqual([false, false, false]);
  });

  test('get the arguments of the contract and then the caller’s', () => {
    const given = { name: 'c1', path: '/var/lib/lxc/c1', rootfs: '/srv/c1', more: ['--x', 'y'] };
    expect(templateArguments(given)).toEqual([
      '--path=/var/lib/lxc/c1',
      '--name=c1',
      '--rootfs=/srv/c1',
      '--x',
      'y',
    ]);
  });

  test('are named in comments, which no parameter can leave', () => {
    const text = originComment('/bin/sh', ['a', 'b\nlxc.init.cmd = /evil']);
    const lines = text.split('\n').filter((line) => line !== '');
    expect(lines.every((line) => line.startsWith('#'))).toBe(true);
    expect(lines[1]).toBe('# Parameters passed to the template: a b lxc.init.cmd = /evil');
    expect(lines[2]).toMatch(/^# Template script checksum \(SHA-1\): [0-9a-f]{40}$/);
  });

  test('leave no password in the comments', () => {
    const text = originComment('/bin/sh', ['--password', 'secret', '--password=secret', '--username', 'me']);
    expect(text).toContain('template: --password *** --password=*** --username me\n');
  });
});
