import { expect, test } from 'vitest';
import { parseMounts } from '../../../src/host/cgroup-mounts.ts';

test('cgroup mounts are found among others, with blanks in their names', () => {
  const mounts = parseMounts(
    [
      '24 1 0:5 / /proc rw - proc proc rw',
      '30 24 0:26 / /sys/fs/cgroup/cpu,cpuacct rw,nosuid shared:9 - cgroup cgroup rw,cpu,cpuacct',
      '31 24 0:27 /part /mnt/a\\040b rw - cgroup2 cgroup2 rw,nsdelegate',
      '',
    ].join('\n'),
  );
  expect(mounts).toEqual([
    { version: 1, options: new Set(['rw', 'cpu', 'cpuacct']), root: '/', at: '/sys/fs/cgroup/cpu,cpuacct' },
    { version: 2, options: new Set(['rw', 'nsdelegate']), root: '/part', at: '/mnt/a b' },
  ]);
});
