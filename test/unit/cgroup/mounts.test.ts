import { expect, test } from 'vitest';
import { cgroupMounts, mountOf } from '../../../src/cgroup/mounts.ts';

const mountinfo = [
  '30 23 0:26 / /sys/fs/cgroup ro - tmpfs tmpfs ro,mode=755',
  '31 30 0:27 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct',
  '32 30 0:28 / /sys/fs/cgroup/systemd rw - cgroup cgroup rw,xattr,release_agent=/bin/x,name=systemd',
  '33 30 0:29 /lxc.payload.c1 /mnt/a\\040b rw - cgroup cgroup rw,memory,clone_children',
  '34 30 0:30 / /sys/fs/cgroup/unified rw - cgroup2 cgroup2 rw,nsdelegate',
].join('\n');

test('cgroup mounts are found by controller, in combined hierarchies and bound ones', () => {
  const mounts = cgroupMounts(mountinfo);
  expect(mountOf(mounts, 'cpuacct')?.path).toBe('/sys/fs/cgroup/cpu,cpuacct');
  expect(mountOf(mounts, 'name=systemd')?.path).toBe('/sys/fs/cgroup/systemd');
  expect(mountOf(mounts, 'memory')).toEqual({
    path: '/mnt/a b',
    root: '/lxc.payload.c1',
    version: 1,
    controllers: ['memory'],
  });
  expect(mountOf(mounts, '')?.path).toBe('/sys/fs/cgroup/unified');
  expect(mountOf(mounts, 'xattr')).toBeUndefined();
});
