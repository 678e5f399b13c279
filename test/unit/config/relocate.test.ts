import { describe, expect, test } from 'vitest';
import {
  moved,
  ownFiles,
  parseDocument,
  printDocument,
  type Relocation,
  relocate,
} from '../../../src/config/index.ts';

const io = { nibble: () => 5 };
const clone: Relocation = {
  from: '/lxc/a',
  to: '/lxc/b',
  isWhole: false,
  rootfs: 'dir:/lxc/b/rootfs',
  hostname: 'b',
  newAddresses: true,
};

function relocated(text: string, more: Partial<Relocation> = {}): string {
  return printDocument(relocate(parseDocument(text, io), { ...clone, ...more }, io));
}

describe('A configuration for a clone', () => {
  test('keeps comments, blanks, order and quotes', () => {
    const text = '# top\n\n  lxc.uts.name = "a"\nforeign\n# lxc.uts.name = a\nlxc.tty.max=4\n';
    expect(relocated(text)).toBe(
      '# top\n\n  lxc.uts.name = "b"\nforeign\n# lxc.uts.name = a\nlxc.tty.max=4\nlxc.rootfs.path = dir:/lxc/b/rootfs\n',
    );
  });

  test('has a root file system, a name and addresses of its own, in every dialect', () => {
    const text =
      'lxc.rootfs = /lxc/a/rootfs\nlxc.utsname = a\nlxc.network.type = veth\nlxc.network.hwaddr = 0:1:2:3:4:5\n';
    expect(relocated(text)).toBe(
      'lxc.rootfs = dir:/lxc/b/rootfs\nlxc.utsname = b\nlxc.network.type = veth\nlxc.network.hwaddr = 00:16:3e:55:55:55\n',
    );
    expect(
      relocated('lxc.net.1.hwaddr = 0:1\n', { newAddresses: false, hostname: undefined, rootfs: undefined }),
    ).toBe('lxc.net.1.hwaddr = 0:1\n');
  });

  test('names its own files, and shares what is bound', () => {
    const text = [
      'lxc.hook.start = /lxc/a/hook --x=/lxc/a/y /lxc/ab/z',
      'lxc.log.file = /lxc/a/log',
      'lxc.mount.entry = /lxc/a/data srv none bind 0 0',
      'lxc.mount.entry = o srv overlay lowerdir=/lxc/a/l,upperdir=/lxc/a/u,workdir=/lxc/a/w',
    ];
    expect(relocated(`${text.join('\n')}\n`, { rootfs: undefined, hostname: undefined }).split('\n')).toEqual(
      [
        'lxc.hook.start = /lxc/b/hook --x=/lxc/b/y /lxc/ab/z',
        'lxc.log.file = /lxc/b/log',
        'lxc.mount.entry = /lxc/a/data srv none bind 0 0',
        'lxc.mount.entry = o srv overlay lowerdir=/lxc/a/l,upperdir=/lxc/b/u,workdir=/lxc/b/w',
        '',
      ],
    );
  });

  test('names everything anew where the whole directory has moved', () => {
    const text = 'lxc.mount.entry = /lxc/a/data srv none bind 0 0\n';
    expect(relocated(text, { isWhole: true, rootfs: undefined, hostname: undefined })).toBe(
      'lxc.mount.entry = /lxc/b/data srv none bind 0 0\n',
    );
  });

  test('brings along the programs and files that it names below the directory', () => {
    const text = [
      'lxc.hook.start = /lxc/a/x1 arg',
      'lxc.hook.version = 1',
      'lxc.mount.fstab = /lxc/a/fstab',
      'lxc.net.0.script.up = /lxc/a/up',
      'lxc.include = /lxc/a/more',
      'lxc.hook.stop = /bin/true',
      'lxc.log.file = /lxc/a/log',
    ];
    expect(ownFiles(parseDocument(text.join('\n'), io), '/lxc/a')).toEqual(['x1', 'fstab', 'up', 'more']);
  });
});

test('A directory is found in a text only as a whole path or its beginning', () => {
  expect(moved('/lxc/a', '/lxc/a', '/lxc/b')).toBe('/lxc/b');
  expect(moved('overlay:/lxc/a/r:/lxc/a/o', '/lxc/a', '/lxc/b')).toBe('overlay:/lxc/b/r:/lxc/b/o');
  for (const other of ['/lxc/ab', '/srv/lxc/a', '/lxc/a.old', 'x/lxc/a'])
    expect(moved(other, '/lxc/a', '/lxc/b')).toBe(other);
});
