import { expect, test } from 'vitest';
import { doomedStorage } from '../../../src/run/doomed-storage.ts';
import { config } from '../plan/fixture.ts';

const id = { lxcpath: '/var/lib/lxc', name: 'c1' };
const doomed = (path: string, ...more: string[]) =>
  doomedStorage(id, config(`lxc.rootfs.path = ${path}`, ...more));

test.each([
  ['dir:/srv/c1', '/srv/c1'],
  ['/srv/c1/../c2/', '/srv/c2'],
  ['overlay:/base/rootfs:/c2/overlay/delta', '/c2/overlay/delta'],
  ['loop:/srv/c1.img', '/srv/c1.img'],
  ['nbd:/srv/c1.img:1', '/srv/c1.img'],
  ['btrfs:/var/lib/lxc/c1/rootfs', '/var/lib/lxc/c1/rootfs'],
])('of %s goes %s', (path, gone) => {
  expect(doomed(path)).toMatchObject({ path: gone });
});

test.each([
  ['lvm:/dev/vg/c1', ['lvremove', '-f', 'vg/c1']],
  ['rbd:/dev/rbd/pool/c1', ['rbd', 'rm', 'pool/c1']],
  ['zfs:tank/c1', ['zfs', 'destroy', '-r', 'tank/c1']],
])('%s is removed by its program', (path, argv) => {
  expect(doomed(path)).toMatchObject({ argv });
});

test('what lies in the directory of the container goes with it', () => {
  expect(doomed('dir:/var/lib/lxc/c1/rootfs')).toBeUndefined();
  expect(doomed('loop:/var/lib/lxc/c1/rootdev')).toBeUndefined();
});

test('what is not managed stays', () => {
  expect(doomed('dir:/srv/c1', 'lxc.rootfs.managed = 0')).toBeUndefined();
});

test.each(['zfs:/srv/c1', 'lvm:/dev/mapper'])('%s is not ours to remove', (path) => {
  expect(() => doomed(path)).toThrow('is not ours to remove');
});

test.each(['dir:/var/lib', 'dir:/srv', 'overlay:/a:/'])("%s is not the container's own", (path) => {
  expect(() => doomed(path)).toThrow("is not the container's own");
});
