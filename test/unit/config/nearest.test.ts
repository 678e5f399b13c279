import fc from 'fast-check';
import { expect, test } from 'vitest';
import { nearest } from '../../../src/config/index.ts';

const known = ['lxc.tty.max', 'lxc.tty.dir', 'lxc.pty.max', 'lxc.rootfs.path', 'up'];

test.each([
  ['lxc.tty.mxa', 'lxc.tty.max'],
  ['lxc.ttymax', 'lxc.tty.max'],
  ['lxc.tty.maxx', 'lxc.tty.max'],
  ['LXC.TTY.MAX', 'lxc.tty.max'],
  ['lxc.rotofs.pth', 'lxc.rootfs.path'],
  ['u', 'up'],
  ['lxc.tty.max', 'lxc.tty.max'],
])('%s is near %s', (typed, meant) => {
  expect(nearest(typed, known)).toBe(meant);
});

test.each(['', 'down', 'lxc', 'lxc.rootfs', 'something.else.again'])('%s is near nothing', (typed) => {
  expect(nearest(typed, known)).toBeUndefined();
});

test('one slip anywhere in a long word is found', () => {
  const slip = fc.tuple(fc.constantFrom(...known.slice(0, 4)), fc.nat(10), fc.constantFrom('', 'q', 'qq'));
  void fc.assert(
    fc.property(slip, ([word, at, put]) => {
      expect(nearest(word.slice(0, at) + put + word.slice(at + 1), known)).toBeDefined();
    }),
  );
});
