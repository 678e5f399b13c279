import { expect, test } from 'vitest';
import { reattachment, removal } from '../../../src/run/lxcfs/inject.ts';
import { lxcfsMounts } from '../../../src/run/lxcfs/mounts.ts';

const mountinfo = `24 1 8:1 / / rw - ext4 /dev/sda rw
60 24 0:40 /proc/meminfo /proc/meminfo rw - fuse.lxcfs lxcfs rw
61 24 0:40 /proc/stat /proc/stat rw - fuse.lxcfs lxcfs rw
62 61 0:41 /proc/stat /proc/stat rw - fuse.lxcfs lxc-ts rw
63 24 0:40 / /var/lib/my\\040lxcfs rw - fuse.lxcfs lxcfs rw
64 24 0:50 / /mnt rw - fuse.sshfs host rw
`;
const origin = { named: false, mountpoint: '/var/lib/lxcfs', device: '0:41' };

test('Mounts of lxcfs are told from mountinfo', () => {
  expect(lxcfsMounts(mountinfo).map(({ device, at }) => [device, at])).toEqual([
    ['0:40', '/proc/meminfo'],
    ['0:40', '/proc/stat'],
    ['0:41', '/proc/stat'],
    ['0:40', '/var/lib/my lxcfs'],
  ]);
});

test('Ejecting takes the uppermost mount first and leaves whole views', () => {
  expect(removal(lxcfsMounts(mountinfo)).map(({ target }) => target)).toEqual([
    '/proc/stat',
    '/proc/stat',
    '/proc/meminfo',
  ]);
});

test('Reattaching puts the same parts back at the same places', () => {
  const mounts = lxcfsMounts(mountinfo).filter(({ device }) => device === '0:40');
  expect(reattachment({ pid: 1, mounts }, origin)).toEqual([
    { mode: 'remove', target: '/var/lib/my lxcfs' },
    { mode: 'remove', target: '/proc/stat' },
    { mode: 'remove', target: '/proc/meminfo' },
    { mode: 'bind', source: '/var/lib/lxcfs/proc/meminfo', target: '/proc/meminfo' },
    { mode: 'bind', source: '/var/lib/lxcfs/proc/stat', target: '/proc/stat' },
    { mode: 'bind', source: '/var/lib/lxcfs', target: '/var/lib/my lxcfs' },
  ]);
});

test('A container that has the living view already is left alone', () => {
  const mounts = [{ device: '0:41', part: '/proc/stat', at: '/proc/stat' }];
  expect(reattachment({ pid: 1, mounts }, origin)).toEqual([]);
});

test('Where the living view lies above a dead mount of the same place, nothing is taken away from above it', () => {
  const mounts = lxcfsMounts(mountinfo).filter(({ at }) => at === '/proc/stat');
  expect(reattachment({ pid: 1, mounts }, origin)).toEqual([]);
});
