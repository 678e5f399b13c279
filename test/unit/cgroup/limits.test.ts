import { describe, expect, test } from 'vitest';
import { resolveLimits } from '../../../src/cgroup/limits.ts';
import { config, hybridCgroups, unifiedCgroups } from '../plan/fixture.ts';

function limits(layout: typeof hybridCgroups, ...lines: readonly string[]) {
  return resolveLimits(config(...lines), layout, () => undefined);
}

function writes(layout: typeof hybridCgroups, ...lines: readonly string[]): readonly string[] {
  return limits(layout, ...lines).writes.map(
    ({ file, text, hierarchy }) => `${hierarchy.mount}/${file}=${text}`,
  );
}

describe('the cgroup keys of a configuration', () => {
  test('go to the hierarchy of their controller in the order of the lines', () => {
    expect(writes(hybridCgroups, 'lxc.cgroup.pids.max = 9', 'lxc.cgroup.cpu.shares = 5')).toEqual([
      '/sys/fs/cgroup/pids/pids.max=9',
      '/sys/fs/cgroup/cpu,cpuacct/cpu.shares=5',
    ]);
  });

  test('limit memory and swap together last, wherever the line stands', () => {
    const lines = ['lxc.cgroup.memory.memsw.limit_in_bytes = 2G', 'lxc.cgroup.memory.limit_in_bytes = 1G'];
    expect(writes(hybridCgroups, ...lines)).toEqual([
      '/sys/fs/cgroup/memory/memory.limit_in_bytes=1G',
      '/sys/fs/cgroup/memory/memory.memsw.limit_in_bytes=2G',
    ]);
  });

  test('are translated with a note where the host has the other generation', () => {
    const { notes } = limits(unifiedCgroups, 'lxc.cgroup.memory.limit_in_bytes = 1G');
    expect(notes.map(({ message }) => message)).toEqual(['translated to memory.max of cgroup v2']);
    expect(writes(unifiedCgroups, 'lxc.cgroup.memory.limit_in_bytes = 1G')).toEqual([
      '/sys/fs/cgroup/memory.max=1G',
    ]);
  });

  test('memory.high without an equivalent is passed over with a note where memory.max holds', () => {
    const lines = ['lxc.cgroup2.memory.max = 2G', 'lxc.cgroup2.memory.high = 1G'];
    expect(writes(hybridCgroups, ...lines)).toEqual(['/sys/fs/cgroup/memory/memory.limit_in_bytes=2G']);
    expect(limits(hybridCgroups, ...lines).notes.at(-1)?.message).toBe(
      'cgroup v1 has nothing like it; memory.max holds',
    );
    expect(writes(unifiedCgroups, ...lines).at(-1)).toBe('/sys/fs/cgroup/memory.high=1G');
  });

  test('yield to the spelling of the host where both say the same', () => {
    const both = ['lxc.cgroup.memory.limit_in_bytes = 1G', 'lxc.cgroup2.memory.max = 2G'];
    expect(writes(hybridCgroups, ...both)).toEqual(['/sys/fs/cgroup/memory/memory.limit_in_bytes=1G']);
    expect(writes(unifiedCgroups, ...both)).toEqual(['/sys/fs/cgroup/memory.max=2G']);
    expect(limits(hybridCgroups, ...both).notes).toEqual([]);
  });

  test('write cpu.max of v2 once for quota and period of v1', () => {
    const lines = ['lxc.cgroup.cpu.cfs_quota_us = 10000', 'lxc.cgroup.cpu.cfs_period_us = 50000'];
    expect(writes(unifiedCgroups, ...lines)).toEqual(['/sys/fs/cgroup/cpu.max=10000 50000']);
  });

  test('keep every line of a file that takes several', () => {
    const lines = ['lxc.cgroup2.io.max = 8:0 rbps=1', 'lxc.cgroup2.io.max = 8:16 rbps=2'];
    expect(writes(unifiedCgroups, ...lines)).toEqual([
      '/sys/fs/cgroup/io.max=8:0 rbps=1',
      '/sys/fs/cgroup/io.max=8:16 rbps=2',
    ]);
  });

  test('of v2 itself go to its hierarchy on a hybrid host', () => {
    expect(writes(hybridCgroups, 'lxc.cgroup2.cgroup.max.depth = 3')).toEqual([
      '/sys/fs/cgroup/unified/cgroup.max.depth=3',
    ]);
  });
});

describe('rules about devices', () => {
  const rules = ['lxc.cgroup.devices.deny = a', 'lxc.cgroup.devices.allow = c 1:3 rw'];

  test('stay in the order of the lines, with one note where they become a program', () => {
    const { devices, notes } = limits(unifiedCgroups, ...rules);
    expect(devices.map(({ rule }) => [rule.allow, rule.type])).toEqual([
      [false, 'a'],
      [true, 'c'],
    ]);
    expect(notes.length).toBe(1);
  });

  test('of v1 begin with every device allowed, those of v2 with none', () => {
    expect(limits(unifiedCgroups, 'lxc.cgroup.devices.deny = c 1:3 r').devicesInitially).toBe(true);
    expect(limits(unifiedCgroups, 'lxc.cgroup2.devices.allow = c 1:3 r').devicesInitially).toBe(false);
  });

  test('that are written for both generations count once', () => {
    const twice = [...rules, ...rules.map((line) => line.replace('cgroup', 'cgroup2'))];
    expect(limits(hybridCgroups, ...twice).devices.length).toBe(2);
    expect(limits(unifiedCgroups, ...twice).devices.length).toBe(2);
  });
});
