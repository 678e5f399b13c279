import { expect, test } from 'vitest';
import { socketsIn } from '../../../src/host/health.ts';
import { examine, type Health } from '../../../src/run/examine.ts';

const sound: Health = {
  uid: 1000,
  user: 'ann',
  kernel: [],
  cgroups: { kind: 'unified', missing: [], refused: [] },
  subids: { users: 1, groups: 1 },
  tools: { newuidmap: 'usable', newgidmap: 'usable' },
  net: { bridge: 'lxcbr0', up: true, addresses: [], dnsmasq: 7, ports: [], on: true, forwards: true },
  port53: [{ protocol: 'udp', address: '10.0.3.1', pid: 7, program: 'dnsmasq' }],
  view: { at: '/var/lib/lxcfs', health: 'alive' },
  path: { path: '/home/ann/lxc', exists: true, writable: true, open: false, closed: [] },
};

/** The findings that are not good, with their cures. */
function wrong(changes: Partial<Health>) {
  return examine({ ...sound, ...changes }).filter(({ severity }) => severity !== 'good');
}

test('A sound machine has one good finding for each check', () => {
  expect(wrong({})).toEqual([]);
  expect(examine(sound).map(({ check }) => check)).toEqual([
    ...['kernel', 'cgroups', 'delegation', 'subids', 'bridge', 'forwarding', 'port53', 'lxcfs', 'path'],
  ]);
});

test('Every finding that is not good has a cure', () => {
  const all = wrong({
    kernel: undefined,
    cgroups: { kind: 'none', missing: ['memory'], refused: ['/sys/fs/cgroup'] },
    subids: { users: 0, groups: 0 },
    tools: { newuidmap: 'absent', newgidmap: 'plain' },
    net: { ...sound.net, up: false, dnsmasq: 0, forwards: false },
    view: { at: '/var/lib/lxcfs', health: 'dead' },
    path: { ...sound.path, closed: ['/home/ann'] },
  });
  expect(new Set(all.map(({ check }) => check)).size).toBe(9);
  for (const { finding, cure } of all) expect(cure, finding).toMatch(/\S/);
});

test('A user without a delegated cgroup or ids is told how to get them', () => {
  const [cgroup, ids] = wrong({
    cgroups: { kind: 'unified', missing: [], refused: ['/sys/fs/cgroup/user'] },
    subids: { users: 0, groups: 1 },
  });
  expect(cgroup).toMatchObject({ check: 'delegation', cure: expect.stringContaining('Delegate=yes') });
  expect(ids).toMatchObject({ check: 'subids', severity: 'bad', cure: expect.stringContaining(' ann') });
});

test('The server of the bridge may hold port 53, others may not', () => {
  const named = { protocol: 'udp', address: '*', pid: 9, program: 'named' } as const;
  expect(wrong({ port53: [named] })).toMatchObject([
    { check: 'port53', severity: 'bad', finding: expect.stringContaining('named (9) on *') },
  ]);
  expect(wrong({ port53: [named], net: { ...sound.net, on: false } })).toEqual([]);
});

test('Sockets of a port are found with their address', () => {
  const udp =
    '   5: 0103000A:0035 00000000:0000 07 00000000:00000000 00:00000000 00000000     0        0 4711 2';
  const tcp =
    '   1: 00000000:0035 00000000:0000 01 00000000:00000000 00:00000000 00000000     0        0 4712 1';
  expect(socketsIn(udp, 'udp', 53)).toEqual([{ protocol: 'udp', address: '10.0.3.1', inode: '4711' }]);
  expect(socketsIn(tcp, 'tcp', 53)).toEqual([]);
});
