import { describe, expect, test } from 'vitest';
import { subordinate } from '../../../src/host/ids.ts';
import { host, minimal, planOf, refusal } from './fixture.ts';

const [users, groups] = ['lxc.idmap = u 0 100000 65536', 'lxc.idmap = g 0 100000 65536'];

describe('lxc.idmap is refused with the line to blame', () => {
  const cases = {
    'without a group': [[users], /web\.conf:4: .*no group id is mapped; add a line lxc\.idmap = g 0/],
    'without a user': [[groups], /web\.conf:4: .*no user id is mapped/],
    'with ids that overlap inside': [
      [users, groups, 'lxc.idmap = u 65535 900000 10'],
      /web\.conf:6: Failed to map u 65535 900000 10: its ids in the container overlap .*web\.conf:4: u 0 100000 65536/,
    ],
    'with ids that overlap outside': [
      [users, groups, 'lxc.idmap = g 70000 165535 1'],
      /web\.conf:6: .*its ids on the host overlap .*web\.conf:5/,
    ],
    'with ids beyond the last one': [
      ['lxc.idmap = u 0 4294967290 6', groups],
      /web\.conf:4: .*the range goes beyond 4294967294/,
    ],
    'with too many lines': [
      [
        users,
        groups,
        ...Array.from(
          { length: 340 },
          (_, index) => `lxc.idmap = g ${70000 + index} ${300000 + 2 * index} 1`,
        ),
      ],
      /web\.conf:\d+: .*the kernel takes at most 340 lines of group ids/,
    ],
    'where nobody can run init': [
      ['lxc.idmap = u 1000 1000 1', groups],
      /web\.conf:4: .*user 0, which is to run init, is not mapped; map user 0, or set lxc\.init\.uid/,
    ],
    'without a namespace for it': [
      [users, groups, 'lxc.namespace.keep = user'],
      /web\.conf:4: Failed to start with lxc\.idmap = .*no new user namespace/,
    ],
  } as const;

  test.each(Object.entries(cases))('%s', (_, [lines, expected]) => {
    expect(refusal({ lines: [...minimal, ...lines] })).toMatch(expected);
  });

  test('beyond what the user namespace of the caller has', () => {
    const facts = { ...host, ids: { ...host.ids, users: [{ first: 0, count: 65536 }] } };
    expect(refusal({ lines: [...minimal, users, groups], facts })).toBe(
      'web.conf:4: Failed to map u 0 100000 65536: the user ids 100000-165535 are not all here to be mapped; those of this user namespace are 0-65535',
    );
  });

  test('as a user namespace without a line', () => {
    expect(refusal({ lines: [...minimal, 'lxc.namespace.clone = mnt user'] })).toMatch(
      /web\.conf:4: .*would have no ids; add lines lxc\.idmap/,
    );
  });
});

test('A container without root is set up by the user of init', () => {
  const lines = [
    'lxc.idmap = u 1000 1000 1',
    'lxc.idmap = g 1000 1000 1',
    'lxc.init.uid = 1000',
    'lxc.init.gid = 1000',
  ];
  const { child, parent } = planOf({ lines: [...minimal, ...lines] }).program;
  const first = child.find(({ op }) => op === 'setIds');
  expect(first?.args).toMatchObject({ uid: 1000, gid: 1000 });
  const owners = parent.flatMap((one) => (one.op === 'chown' ? [`${one.args.uid}:${one.args.gid}`] : []));
  expect(new Set(owners)).toEqual(new Set(['1000:1000']));
});

test('Nothing is made in the root file system before the ids of the host are given up', () => {
  const { child } = planOf({ lines: [...minimal, users, groups, 'lxc.mount.auto = proc'] }).program;
  const given = child.findIndex(({ op }) => op === 'setIds');
  const before = child.slice(0, given).map(({ op }) => op);
  expect(before).not.toContain('mkdir');
  expect(before).not.toContain('mkfile');
  expect(child.slice(given).map(({ op }) => op)).not.toContain('joinCgroup');
});

test('Inside a user namespace devices are bound although the container has its ids', () => {
  const range = [{ first: 0, count: 65536 }];
  const { child } = planOf({
    lines: minimal,
    facts: { ...host, ids: { users: range, groups: range } },
  }).program;
  expect(child.map(({ op }) => op)).not.toContain('mknod');
});

describe('Namespaces that are shared', () => {
  const share = (kind: string, pid: number) => `lxc.namespace.share.${kind} = ${pid}`;
  const bornOf = (given: Parameters<typeof planOf>[0]) =>
    planOf(given).program.parent.find(({ op }) => op === 'clone' || op === 'cloneWithin');

  test('are entered before a container with ids of its own is born', () => {
    const lines = [...minimal, users, groups, share('net', 7), share('pid', 8)];
    expect(bornOf({ lines })?.args).toMatchObject({ enter: ['/proc/7/ns/net', '/proc/8/ns/pid'] });
    expect(planOf({ lines }).program.child.map(({ op }) => op)).not.toContain('setns');
  });

  test('come before the user namespace, and its ids are those of the container', () => {
    const ids = (inside: number, outside: number) => [{ inside, outside, range: 9 }];
    const sharedIds = { users: ids(0, 500), groups: ids(0, 600), setgroups: true };
    const given = { lines: [...minimal, share('user', 7), share('net', 7)], facts: { ...host, sharedIds } };
    expect(bornOf(given)?.args).toMatchObject({ enter: ['/proc/7/ns/net', '/proc/7/ns/user'] });
    const { parent } = planOf(given).program;
    expect(parent.map(({ op }) => op)).not.toContain('writeProc');
    expect(
      parent.flatMap((one) => (one.op === 'chown' ? [one.args.uid, one.args.gid] : [])).slice(0, 2),
    ).toEqual([500, 600]);
    const rootless = { ...host, sharedIds: { ...sharedIds, users: ids(1, 500) } };
    expect(refusal({ ...given, facts: rootless })).toContain(
      'Failed to share a user namespace: it has no root',
    );
  });

  test('are entered by the child where it keeps the ids of the host', () => {
    const given = { lines: [...minimal, share('net', 7)] };
    expect(bornOf(given)?.op).toBe('clone');
    expect(planOf(given).program.child[0]).toMatchObject({ op: 'setns', args: { path: '/proc/7/ns/net' } });
  });
});

describe('Mounts with mapped ids', () => {
  const own = [...minimal, users, groups];

  test('are sent by the parent in the order in which the child takes them', () => {
    const lines = [
      ...own,
      'lxc.rootfs.options = ro,idmap=container',
      'lxc.mount.entry = /a srv none bind,idmap=/proc/7/ns/user,optional 0 0',
      'lxc.mount.entry = /b mnt none rbind,nosuid,rshared,idmap=container 0 0',
    ];
    const { parent, child } = planOf({ lines }).program;
    expect(parent.flatMap((one) => (one.op === 'cloneTree' ? [one.args] : []))).toEqual([
      { source: '/srv/root', recursive: 1, flags: 1, userns: '' },
      { source: '/a', recursive: 0, flags: 0, userns: '/proc/7/ns/user' },
      { source: '/b', recursive: 1, flags: 2, userns: '' },
    ]);
    const placed = child.flatMap((one, index) =>
      one.op === 'placeMount' ? [[child[index - 1]?.op, one.args.target, one.optional ?? false]] : [],
    );
    expect(placed).toEqual([
      ['takeTree', '/run/lxc-rootfs', false],
      ['takeTree', 'srv', true],
      ['takeTree', 'mnt', false],
    ]);
  });

  test.each([
    [
      [...own, 'lxc.mount.entry = tmpfs srv tmpfs idmap=container 0 0'],
      'web.conf:6: .*it is no bind of a path',
    ],
    [
      [...own, 'lxc.mount.entry = a srv none bind,relative,idmap=container 0 0'],
      'web.conf:6: .*it is no bind',
    ],
    [
      [...minimal, 'lxc.mount.entry = /a srv none bind,idmap=container 0 0'],
      'web.conf:4: .*has those of the host',
    ],
  ])('are refused where they make no sense (%#)', (lines, expected) => {
    expect(refusal({ lines })).toMatch(new RegExp(expected));
  });
});

describe('An ordinary user', () => {
  const user = { name: 'joe', uid: 1000, gid: 1000 };
  const range = [{ first: 300000, count: 65536 }];
  const facts = { ...host, ids: { users: range, groups: range, user } };
  const lines = [...minimal, 'lxc.idmap = u 0 300000 65536', 'lxc.idmap = g 0 300000 65536'];

  test('has his maps written by newuidmap, and gives no cgroup away', () => {
    const { parent } = planOf({ lines, facts }).program;
    expect(parent.flatMap((one) => (one.op === 'call' ? [one.args.what] : []))).toEqual(['idmap']);
    expect(parent.map(({ op }) => op)).not.toContain('writeProc');
    expect(parent.map(({ op }) => op)).not.toContain('chown');
  });

  test('shares his cgroups with the group of the container before he gives up his id', () => {
    const { child } = planOf({ lines, facts }).program;
    const shared = child.filter(({ op }) => op === 'shareWith');
    expect(shared[0]).toMatchObject({ args: { gid: 0 }, optional: true });
    const ids = child.flatMap((one, index) => (one.op === 'setIds' ? [{ index, ...one.args }] : []));
    expect(ids[0]).toMatchObject({ uid: -1, gid: 0, keepGroups: 1 });
    expect(child.findLastIndex(({ op }) => op === 'shareWith')).toBeLessThan(ids[1]?.index ?? 0);
  });

  test('keeps his groups where he maps nothing but his own', () => {
    const own = [...minimal, 'lxc.idmap = u 0 1000 1', 'lxc.idmap = g 0 1000 1'];
    const keeps = (given: readonly string[]) =>
      planOf({ lines: given, facts }).program.child.flatMap((one) =>
        one.op === 'setIds' && one.args.uid !== -1 ? [one.args.keepGroups] : [],
      );
    expect(keeps(own)).toEqual([1, 1]);
    expect(keeps(lines)).toEqual([0, 0]);
  });

  test('is told what to do where nothing is mapped or given', () => {
    expect(refusal({ lines: minimal, facts })).toBe(
      'Failed to start as user joe: no ids are mapped; add lxc.idmap = u 0 300000 65536 and lxc.idmap = g 0 300000 65536',
    );
    const poor = { ...facts, ids: { users: [], groups: [], user } };
    expect(refusal({ lines: minimal, facts: poor })).toContain(
      'have root run usermod --add-subuids 100000-165535 --add-subgids 100000-165535 joe',
    );
    expect(refusal({ lines, facts: poor })).toBe(
      'web.conf:4: Failed to map u 0 300000 65536: the user ids 300000-365535 are not given to joe; /etc/subuid gives none; map these, or have root add the line joe:300000:65536 to it',
    );
  });

  test('is told that root makes interfaces', () => {
    const macvlan = [...lines.filter((line) => !line.startsWith('lxc.net')), 'lxc.net.0.type = macvlan'];
    expect(refusal({ lines: macvlan, facts })).toMatch(
      /web\.conf:5: .*of type macvlan as user joe: only root can/,
    );
  });

  test('has the ranges of his name and of his number', () => {
    const text = 'joe:1:2\njane:5:6\n1000:7:8\njoe:x:1\njoe:9:0\n\n';
    expect(subordinate(text, ['joe', '1000'])).toEqual([
      { first: 1, count: 2 },
      { first: 7, count: 8 },
    ]);
  });
});
