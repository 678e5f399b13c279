import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseConfig } from '../../../src/config/index.ts';
import { textOfUpdate, updateText } from '../../../src/config/update.ts';
import { fakeIo } from './fake-io.ts';

function updated(...lines: readonly string[]): readonly string[] {
  return textOfUpdate(updateText(lines.join('\n'), 'foo.conf')).split('\n');
}

function meaning(text: string) {
  return parseConfig(text, { file: 'foo.conf', io: fakeIo() }).entries.map(({ key, text: value }) => [
    key,
    value,
  ]);
}

test('Old keys get their new names; comments, order, blanks and quotes stay', () => {
  expect(
    updated('# lxc.utsname = no', '', '  lxc.utsname   =  "foo" ', 'lxc.cap.drop = x', 'lxc.limit.nofile=9'),
  ).toEqual([
    '# lxc.utsname = no',
    '',
    '  lxc.uts.name   =  "foo" ',
    'lxc.cap.drop = x',
    'lxc.prlimit.nofile=9',
  ]);
});

test('Interfaces are counted by their types, numbered ones keep their numbers', () => {
  const old = [
    'lxc.network.type = veth',
    'lxc.network.ipv4 = 10.0.0.2/24',
    'lxc.network.type = empty',
    'lxc.network.flags = up',
  ];
  expect(updated(...old)).toEqual([
    'lxc.net.0.type = veth',
    'lxc.net.0.ipv4.address = 10.0.0.2/24',
    'lxc.net.1.type = empty',
    'lxc.net.1.flags = up',
  ]);
  expect(updated('lxc.network.3.ipv6 = ::1', 'lxc.network =', 'lxc.network.type = empty')).toEqual([
    'lxc.net.3.ipv6.address = ::1',
    'lxc.net =',
    'lxc.net.0.type = empty',
  ]);
});

test('A backend moves in front of the path, wherever it stood; what has no meaning goes', () => {
  expect(
    updated('lxc.rootfs = /a', 'lxc.kmsg = 0', 'lxc.rootfs.backend = btrfs', 'lxc.pivotdir = x'),
  ).toEqual(['lxc.rootfs.path = btrfs:/a']);
});

test('What no version knows stays and is told', () => {
  const { lines, warnings } = updateText('lxc.utsnam = a', 'foo.conf');
  expect(lines).toEqual([{ line: 1, before: 'lxc.utsnam = a', after: 'lxc.utsnam = a' }]);
  expect(warnings.join()).toContain('foo.conf:1: Unknown configuration key lxc.utsnam');
});

test('Shipped configurations mean the same afterwards, and need no second update', () => {
  const directory = join(import.meta.dirname, '../../../configs');
  const texts = readdirSync(directory)
    .filter((name) => name.endsWith('.conf'))
    .map((name) => readFileSync(join(directory, name), 'utf8'));
  for (const text of texts) {
    const once = textOfUpdate(updateText(text, 'foo.conf'));
    expect(meaning(once)).toEqual(meaning(text));
    expect(textOfUpdate(updateText(once, 'foo.conf'))).toBe(once);
  }
});
