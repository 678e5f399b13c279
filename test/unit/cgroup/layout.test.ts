import { describe, expect, test } from 'vitest';
import { hierarchyOf, readLayout } from '../../../src/cgroup/layout.ts';
import { resolveKey } from '../../../src/cgroup/resolve-key.ts';
import { hybridCgroups, unifiedCgroups } from '../plan/fixture.ts';

const mountinfo = `22 27 0:21 / /proc rw,relatime - proc proc rw
31 23 0:28 / /sys/fs/cgroup rw,relatime - tmpfs tmpfs rw,mode=755
32 31 0:29 / /sys/fs/cgroup/cpu,cpuacct rw,relatime shared:4 - cgroup cgroup rw,cpu,cpuacct
35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
40 31 0:37 / /sys/fs/cgroup/systemd rw,relatime - cgroup cgroup rw,xattr,name=systemd
41 31 0:38 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
`;

const texts = {
  mountinfo,
  own: '4:memory:/user.slice/s\n3:cpu,cpuacct:/\n2:name=systemd:/user.slice\n0::/user.slice\n',
  init: '9:pids:/\n4:memory:/init.scope\n3:cpu,cpuacct:/\n2:name=systemd:/init.scope\n0::/init.scope\n',
  offers: () => 'hugetlb rdma\n',
};

describe('the layout of a host', () => {
  const layout = readLayout(texts);

  test('has every hierarchy that is mounted, with its controllers', () => {
    expect(layout.kind).toBe('hybrid');
    expect(layout.hierarchies.map(({ controllers, mount }) => [controllers, mount])).toEqual([
      ['memory', '/sys/fs/cgroup/memory'],
      ['cpu,cpuacct', '/sys/fs/cgroup/cpu,cpuacct'],
      ['name=systemd', '/sys/fs/cgroup/systemd'],
      ['', '/sys/fs/cgroup/unified'],
    ]);
  });

  test('counts from the parent of init.scope', () => {
    expect(layout.hierarchies.map(({ base }) => base)).toEqual(['/', '/', '/', '/']);
    expect(layout.hierarchies[0]?.own).toBe('/user.slice/s');
  });

  test('finds each controller where it is', () => {
    expect(hierarchyOf(layout, 'cpuacct')?.mount).toBe('/sys/fs/cgroup/cpu,cpuacct');
    expect(hierarchyOf(layout, 'hugetlb')?.version).toBe(2);
    expect(hierarchyOf(layout, 'devices')?.version).toBe(2);
    expect(hierarchyOf(layout, 'pids')).toBeUndefined();
  });

  test('is unified or legacy or none by what is mounted', () => {
    const v2 = { ...texts, mountinfo: '41 31 0:38 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw' };
    expect(readLayout(v2).kind).toBe('unified');
    const v1 = { ...texts, mountinfo: '35 31 0:32 / /c/memory rw - cgroup cgroup rw,memory' };
    expect(readLayout(v1).kind).toBe('legacy');
    expect(readLayout({ ...texts, mountinfo: '' }).kind).toBe('none');
  });

  test('counts from the root of a mount that shows part of a hierarchy', () => {
    const part = '35 31 0:32 /user.slice /c/memory rw - cgroup cgroup rw,memory';
    expect(readLayout({ ...texts, mountinfo: part }).hierarchies[0]?.own).toBe('/s');
  });
});

describe('a name given to lxc-cgroup', () => {
  const none = () => undefined;

  test('is the file itself where the host has it', () => {
    const key = resolveKey('memory.limit_in_bytes', hybridCgroups);
    expect([key.hierarchy.mount, key.file]).toEqual(['/sys/fs/cgroup/memory', 'memory.limit_in_bytes']);
    expect(key.show('123\n', none)).toBe('123\n');
    expect(key.settings('1G', none)).toEqual([{ file: 'memory.limit_in_bytes', text: '1G' }]);
  });

  test('of v1 reads and writes the file of v2', () => {
    const key = resolveKey('memory.limit_in_bytes', unifiedCgroups);
    expect(key.file).toBe('memory.max');
    expect(key.show('max\n', none)).toBe('-1');
    expect(key.settings('-1', none)).toEqual([{ file: 'memory.max', text: 'max' }]);
  });

  test('of v2 reads and writes the files of v1', () => {
    const key = resolveKey('cpu.max', hybridCgroups);
    const other = (file: string) => (file === 'cpu.cfs_period_us' ? '100000\n' : undefined);
    expect(key.file).toBe('cpu.cfs_quota_us');
    expect(key.show('50000\n', (file) => other(file)?.trim())).toBe('50000 100000');
    expect(key.settings('max', none)).toEqual([
      { file: 'cpu.cfs_period_us', text: '100000' },
      { file: 'cpu.cfs_quota_us', text: '-1' },
    ]);
  });

  test('that both generations know is that of the host', () => {
    expect(resolveKey('pids.max', hybridCgroups).hierarchy.version).toBe(1);
    expect(resolveKey('pids.max', unifiedCgroups).hierarchy.version).toBe(2);
  });

  test('of a controller that is not there is refused', () => {
    expect(() => resolveKey('nosuch.file', unifiedCgroups)).toThrow('no cgroup controller nosuch');
    expect(() => resolveKey('memory.high', hybridCgroups)).not.toThrow();
  });
});
