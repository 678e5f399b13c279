import { expect, test } from 'vitest';
import { board as boardLines } from '../../fixtures/board.ts';
import { failure, notes, parse } from './support.ts';

const board = boardLines({
  rootfs: '/var/lib/lxc/temp/rootfs',
  fstab: '/var/lib/lxc/temp/fstab',
  entry: 'lxc.mount.entry=/lib /var/lib/lxc/temp/rootfs/lib none ro,bind 0 0',
});

test('the board example of 0.9 gives two macvlan interfaces, each with its own address', () => {
  const nets = parse(board).nets.map((net) => ({
    index: net.index,
    type: net.value('type'),
    mode: net.value('macvlan.mode'),
    up: net.value('flags'),
    link: net.value('link'),
    name: net.value('name'),
    addresses: net.many('ipv4.address').map(({ value }) => value),
  }));
  const common = { type: 'macvlan', mode: 'vepa', up: true, link: 'br0' };
  expect(nets).toEqual([
    {
      ...common,
      index: 0,
      name: 'eth0',
      addresses: [{ address: '192.168.0.23', prefix: 24, broadcast: '192.168.0.255' }],
    },
    {
      ...common,
      index: 1,
      name: 'eth1',
      addresses: [{ address: '192.168.128.23', prefix: 24, broadcast: '192.168.128.255' }],
    },
  ]);
});

test('the board example keeps its values, the order of its cgroup lines and the place of each', () => {
  const config = parse(board);
  expect(config.value('lxc.uts.name')).toBe('foo23');
  expect(config.value('lxc.tty.max')).toBe(1);
  expect(config.value('lxc.pty.max')).toBe(1);
  expect(config.value('lxc.rootfs.path')).toEqual({ type: undefined, path: '/var/lib/lxc/temp/rootfs' });
  expect(config.value('lxc.mount.fstab')).toBe('/var/lib/lxc/temp/fstab');
  expect(config.family('lxc.cgroup').map(({ name, value, origin }) => [name, value, origin.line])).toEqual([
    ['cpuset.cpus', '0,1', 16],
    ['cpu.shares', '1234', 17],
    ['devices.deny', 'a', 18],
    ['devices.allow', 'c 1:3 rw', 19],
    ['devices.allow', 'b 8:0 rw', 20],
  ]);
});

test('the board example tells the current spelling of every old key and warns about addresses', () => {
  const told = notes(parse(board));
  expect(told).toContain('foo.conf:1: lxc.utsname is now lxc.uts.name');
  expect(told).toContain('foo.conf:7: lxc.network.ipv4 is now lxc.net.0.ipv4.address');
  expect(told).toContain('foo.conf:13: lxc.network.ipv4 is now lxc.net.1.ipv4.address');
  expect(told).toContain('foo.conf:23: lxc.mount is now lxc.mount.fstab');
  expect(told.filter((note) => note.includes('has no prefix'))).toHaveLength(2);
});

test('the mount entry as it was published is refused with the place and the missing blank', () => {
  const published = 'lxc.mount.entry=/lib/var/lib/lxc/temp/rootfs/lib none ro,bind 0 0';
  const message = failure(() => parse(board.with(21, published)));
  expect(message).toContain('foo.conf:22: ');
  expect(message).toContain('lxc.mount.entry');
  expect(message).toContain('target "none", file system type "ro,bind"');
  expect(message).toContain('a blank between source and target seems missing');
});
