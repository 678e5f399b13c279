import { describe, expect, test } from 'vitest';
import { type Sibling, translate } from '../../../src/cgroup/translate.ts';

const none: Sibling = () => undefined;

function siblings(values: Readonly<Record<string, string>>): Sibling {
  return (file) => values[file];
}

describe('from v1 to v2', () => {
  test.each([
    ['memory.limit_in_bytes', '256M', 'memory.max', '256M'],
    ['memory.limit_in_bytes', '-1', 'memory.max', 'max'],
    ['memory.limit_in_bytes', '9223372036854771712', 'memory.max', 'max'],
    ['memory.soft_limit_in_bytes', '1G', 'memory.low', '1G'],
    ['cpu.shares', '1024', 'cpu.weight', '100'],
    ['cpu.shares', '1234', 'cpu.weight', '121'],
    ['cpu.shares', '2', 'cpu.weight', '1'],
    ['cpu.shares', '262144', 'cpu.weight', '10000'],
    ['cpu.shares', '1', 'cpu.weight', '1'],
    ['cpu.cfs_quota_us', '50000', 'cpu.max', '50000 100000'],
    ['cpu.cfs_quota_us', '-1', 'cpu.max', 'max 100000'],
    ['cpuset.cpus', '0-3', 'cpuset.cpus', '0-3'],
    ['pids.max', '100', 'pids.max', '100'],
    ['blkio.weight', '10', 'io.weight', '1'],
    ['blkio.weight', '1000', 'io.weight', '10000'],
    ['blkio.weight_device', '8:0 1000', 'io.weight', '8:0 10000'],
    ['blkio.throttle.read_bps_device', '8:0 1048576', 'io.max', '8:0 rbps=1048576'],
    ['blkio.throttle.write_iops_device', '8:0 0', 'io.max', '8:0 wiops=max'],
    ['freezer.state', 'FROZEN', 'cgroup.freeze', '1'],
    ['freezer.state', 'THAWED', 'cgroup.freeze', '0'],
    ['hugetlb.2MB.limit_in_bytes', '4M', 'hugetlb.2MB.max', '4M'],
  ])('%s = %s becomes %s = %s', (file, text, other, value) => {
    expect(translate(1, file, text, none)).toEqual([{ file: other, text: value }]);
  });

  test('quota and period become one value', () => {
    const both = siblings({ 'cpu.cfs_quota_us': '20000', 'cpu.cfs_period_us': '50000' });
    const expected = [{ file: 'cpu.max', text: '20000 50000' }];
    expect(translate(1, 'cpu.cfs_quota_us', '20000', both)).toEqual(expected);
    expect(translate(1, 'cpu.cfs_period_us', '50000', both)).toEqual(expected);
  });

  test('memory and swap together become swap alone', () => {
    const limit = siblings({ 'memory.limit_in_bytes': '256M' });
    expect(translate(1, 'memory.memsw.limit_in_bytes', '1G', limit)).toEqual([
      { file: 'memory.swap.max', text: `${768 * 1024 * 1024}` },
    ]);
    expect(translate(1, 'memory.memsw.limit_in_bytes', '-1', none)).toEqual([
      { file: 'memory.swap.max', text: 'max' },
    ]);
  });

  test('memory and swap together are refused without a limit of memory, and below it', () => {
    expect(() => translate(1, 'memory.memsw.limit_in_bytes', '1G', none)).toThrow('memory.limit_in_bytes');
    const limit = siblings({ 'memory.limit_in_bytes': '2G' });
    expect(() => translate(1, 'memory.memsw.limit_in_bytes', '1G', limit)).toThrow('less than');
  });

  test.each(['memory.swappiness', 'cpu.rt_runtime_us', 'net_cls.classid', 'cpuset.cpu_exclusive', 'no.such'])(
    '%s has nothing that means the same',
    (file) => {
      expect(translate(1, file, '1', none)).toEqual([]);
    },
  );
});

describe('from v2 to v1', () => {
  test.each([
    ['memory.max', 'max', 'memory.limit_in_bytes', '-1'],
    ['memory.max', '1G', 'memory.limit_in_bytes', '1G'],
    ['cpu.weight', '1', 'cpu.shares', '10'],
    ['cpu.weight', '100', 'cpu.shares', '1024'],
    ['cpu.weight', '10000', 'cpu.shares', '102400'],
    ['io.weight', 'default 100', 'blkio.weight', '19'],
    ['io.weight', '8:0 10000', 'blkio.weight_device', '8:0 1000'],
    ['cgroup.freeze', '1', 'freezer.state', 'FROZEN'],
    ['cpuset.mems', '0', 'cpuset.mems', '0'],
  ])('%s = %s becomes %s = %s', (file, text, other, value) => {
    expect(translate(2, file, text, none)).toEqual([{ file: other, text: value }]);
  });

  test('one cpu.max becomes period and quota, in the order in which the kernel takes them', () => {
    expect(translate(2, 'cpu.max', '50000 200000', none)).toEqual([
      { file: 'cpu.cfs_period_us', text: '200000' },
      { file: 'cpu.cfs_quota_us', text: '50000' },
    ]);
    expect(translate(2, 'cpu.max', 'max', none)).toEqual([
      { file: 'cpu.cfs_period_us', text: '100000' },
      { file: 'cpu.cfs_quota_us', text: '-1' },
    ]);
  });

  test('one io.max becomes as many lines as it has words', () => {
    expect(translate(2, 'io.max', '8:0 rbps=1 wiops=max', none)).toEqual([
      { file: 'blkio.throttle.read_bps_device', text: '8:0 1' },
      { file: 'blkio.throttle.write_iops_device', text: '8:0 0' },
    ]);
  });

  test('swap alone becomes memory and swap together', () => {
    const limit = siblings({ 'memory.max': '256M' });
    expect(translate(2, 'memory.swap.max', '64M', limit)).toEqual([
      { file: 'memory.memsw.limit_in_bytes', text: `${320 * 1024 * 1024}` },
    ]);
  });

  test.each(['memory.high', 'memory.min', 'memory.oom.group', 'cpuset.cpus.partition', 'io.latency'])(
    '%s has nothing that means the same',
    (file) => {
      expect(translate(2, file, '1', none)).toEqual([]);
    },
  );
});
