import { expect, test } from 'vitest';
import { loadSystemConfig } from '../../../src/config/index.ts';
import { fakeIo } from './fake-io.ts';

test('without a file the settings of root have their usual values', () => {
  const { values, notes, file } = loadSystemConfig({ kind: 'root' }, fakeIo());
  expect(file).toBe('/etc/lxc/lxc.conf');
  expect(values).toEqual({
    'lxc.default_config': '/etc/lxc/default.conf',
    'lxc.lxcpath': '/var/lib/lxc',
    'lxc.bdev.lvm.vg': 'lxc',
    'lxc.bdev.lvm.thin_pool': 'lxc',
    'lxc.bdev.zfs.root': 'lxc',
    'lxc.bdev.rbd.rbdpool': 'lxc',
    'lxc.bdev.rbd.rbduser': undefined,
    'lxc.cgroup.use': undefined,
    'lxc.cgroup.pattern': undefined,
  });
  expect(notes).toEqual([]);
});

test('a user has his own file and directories', () => {
  const files = { '/home/me/.config/lxc/lxc.conf': 'lxc.bdev.zfs.root = tank/lxc' };
  const { values } = loadSystemConfig({ kind: 'user', home: '/home/me' }, fakeIo({ files }));
  expect(values).toMatchObject({
    'lxc.default_config': '/home/me/.config/lxc/default.conf',
    'lxc.lxcpath': '/home/me/.local/share/lxc',
    'lxc.bdev.zfs.root': 'tank/lxc',
  });
});

test('the file overrides values, slashes at the end of the path go, unknown lines are told', () => {
  const lines = [
    '# comment',
    'lxc.lxcpath = /srv/lxc//',
    'lxc.cgroup.pattern = lxc/%n',
    'lxc.lxcpth = /x',
    'foo',
  ];
  const files = { '/etc/lxc/lxc.conf': lines.join('\n') };
  const { values, notes } = loadSystemConfig({ kind: 'root' }, fakeIo({ files }));
  expect(values).toMatchObject({ 'lxc.lxcpath': '/srv/lxc', 'lxc.cgroup.pattern': 'lxc/%n' });
  expect(notes.map(({ message, origin }) => `${origin.line}: ${message}`)).toEqual([
    '4: "lxc.lxcpth = /x" is ignored; did you mean lxc.lxcpath?',
    '5: "foo" is ignored',
  ]);
});
