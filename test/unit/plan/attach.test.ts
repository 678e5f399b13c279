import { describe, expect, test } from 'vitest';
import { type AttachFacts, type AttachRequest, planAttach } from '../../../src/plan/attach.ts';

const request: AttachRequest = {
  argv: ['true'],
  env: ['container=lxc'],
  cwd: '/srv',
  uid: 0,
  gid: 0,
  namespaces: undefined,
  elevated: new Set(),
  persona: undefined,
  terminal: false,
  remount: false,
  ptyLog: '',
  context: undefined,
};

const facts: AttachFacts = {
  socket: '/var/lib/lxc/foo/command',
  initPid: 4711,
  namespaces: new Set(['mnt', 'pid', 'net']),
  tasks: ['/sys/fs/cgroup/memory/lxc.payload.foo/tasks'],
  cgroup2: '/sys/fs/cgroup/unified/lxc.payload.foo',
  owner: 100000,
  setgroups: true,
  dropped: 1n << 16n,
  noNewPrivs: true,
  label: undefined,
  sysinfo: false,
  limits: [],
  filter: undefined,
};

const names = (program: ReturnType<typeof planAttach>) => program.child.map(({ op }) => op);

describe('the policy of the container', () => {
  const origin = { file: 'foo.conf', line: 1 };
  const entry = {
    key: 'lxc.seccomp.profile',
    spelled: 'lxc.seccomp.profile',
    text: '/p',
    value: '/p',
    origin,
  };
  const filter = { filter: Buffer.alloc(8), notifies: false, notes: [], entry };
  const order = (more: Partial<AttachRequest>) =>
    names(planAttach({ ...request, ...more }, { ...facts, filter })).filter((op) =>
      ['setIds', 'noNewPrivs', 'stdio', 'seccomp', 'exec'].includes(op),
    );

  test('is loaded last, but before the command becomes another user', () => {
    expect(order({ terminal: true })).toEqual(['setIds', 'noNewPrivs', 'stdio', 'seccomp', 'exec']);
    expect(order({ uid: 1000 })).toEqual(['noNewPrivs', 'seccomp', 'setIds', 'exec']);
  });

  test('is not for who keeps the restrictions of the caller or stays out of the files', () => {
    expect(order({ elevated: new Set(['LSM']) })).not.toContain('seccomp');
    expect(order({ namespaces: new Set(['net']) })).not.toContain('seccomp');
    expect(order({ elevated: new Set(['CAP', 'CGROUP']) })).toContain('seccomp');
  });
});

describe('the plan of an attach', () => {
  test('joins the cgroups before it enters, and gives up privileges before it runs the command', () => {
    const program = planAttach(request, facts);
    expect(program.parent.map(({ op }) => op)).toEqual(['openInit', 'attach']);
    expect(names(program)).toEqual([
      'joinCgroup',
      'enter',
      'chdir',
      'chdir',
      'setIds',
      'capDrop',
      'noNewPrivs',
      'exec',
    ]);
    expect(program.child[1]?.args).toEqual({ namespaces: 0x6002_0000 });
    expect(program.parent[1]?.args).toMatchObject({ cgroup2: facts.cgroup2, pty: 0 });
  });

  test('has sysinfo(2) answered while it still may ask for it, where the container has', () => {
    const answered = { ...facts, sysinfo: true };
    const order = names(planAttach({ ...request, uid: 1000 }, answered));
    expect(order.indexOf('seccomp')).toBe(order.indexOf('capDrop') - 1);
    const outside = { ...request, namespaces: new Set(['mnt', 'net'] as const) };
    expect(names(planAttach(outside, answered))).not.toContain('seccomp');
  });

  test('takes no group of the caller along', () => {
    const ids = planAttach(request, facts).child.find(({ op }) => op === 'setIds');
    expect(ids?.args).toEqual({ uid: 0, gid: 0, groups: Buffer.alloc(0), keepGroups: 0 });
  });

  test('drops capabilities first when the command is to run as another user', () => {
    const order = names(planAttach({ ...request, uid: 1000 }, facts));
    expect(order.indexOf('capDrop')).toBeLessThan(order.indexOf('setIds'));
  });

  test('leaves out what is elevated', () => {
    const elevated = names(planAttach({ ...request, elevated: new Set(['CGROUP', 'CAP', 'LSM']) }, facts));
    expect(elevated).toEqual(['enter', 'chdir', 'chdir', 'setIds', 'exec']);
  });

  test('enters only the namespaces that are wanted and not the caller’s own', () => {
    const program = planAttach({ ...request, namespaces: new Set(['net', 'uts']), remount: true }, facts);
    const enter = program.child.find(({ op }) => op === 'enter');
    expect(enter?.args).toEqual({ namespaces: 0x4000_0000 });
    expect(names(program)).toContain('unshare');
  });

  test.each([
    [['net'], ['/', '/sys']],
    [['pid'], ['/', '/proc']],
    [['uts'], ['/']],
  ] as const)(
    'with the namespaces %j mounts afresh only what would show those of the caller',
    (own, mounted) => {
      const present = { ...facts, namespaces: new Set(own) };
      const { child } = planAttach({ ...request, remount: true }, present);
      expect(child.flatMap((op) => (op.op === 'mount' ? [op.args.target] : []))).toEqual(mounted);
    },
  );

  test('has another command for where the first cannot be executed', () => {
    const { child } = planAttach({ ...request, argv: ['/bin/zsh'], otherwise: ['/bin/sh'] }, facts);
    expect(child.slice(-2)).toMatchObject([
      { op: 'exec', args: { argv: ['/bin/zsh'] }, optional: true },
      { op: 'exec', args: { argv: ['/bin/sh'] } },
    ]);
    expect(child.at(-1)?.optional).toBeUndefined();
  });

  test('puts a terminal in between where the caller has one', () => {
    const program = planAttach({ ...request, terminal: true }, facts);
    expect(program.parent[1]?.args).toMatchObject({ pty: 1 });
    expect(names(program).slice(-2)).toEqual(['stdio', 'exec']);
  });
});
