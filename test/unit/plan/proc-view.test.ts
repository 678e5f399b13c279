import { describe, expect, test } from 'vitest';
import { findView } from '../../../src/host/proc-view.ts';
import type { HostFacts } from '../../../src/plan/index.ts';
import { caller, host, minimal, planOf, refusal, viewHost } from './fixture.ts';

const own: HostFacts = viewHost;
const lxcfs: HostFacts = { ...host, view: { at: '/var/lib/lxcfs', own: false, byName: false } };
const both = [...minimal, 'lxc.mount.auto = proc sys'];

interface Bind {
  readonly source: string;
  readonly target: string;
  readonly optional: boolean;
}

function binds(lines: readonly string[], facts: HostFacts, request = {}): readonly Bind[] {
  return planOf({ lines, facts, request }).program.child.flatMap((op) =>
    op.op === 'mount' && op.why.key === 'lxcts.lxcfs'
      ? [{ source: op.args.source, target: op.args.target, optional: op.optional === true }]
      : [],
  );
}

function targets(...given: Parameters<typeof binds>): readonly string[] {
  return binds(...given).map(({ target }) => target);
}

const classic = ['cpuinfo', 'diskstats', 'loadavg', 'meminfo', 'slabinfo', 'stat', 'swaps', 'uptime'];
const pressure = ['pressure/cpu', 'pressure/io', 'pressure/memory'];
const files = (...names: string[]) => names.map((name) => `proc/${name}`);

describe('the proc view by itself', () => {
  test('is bound from the tree of the container where ours is mounted', () => {
    expect(binds(both, own)[0]).toEqual({
      source: '/var/lib/lxcfs/by-name/web/proc/cpuinfo',
      target: 'proc/cpuinfo',
      optional: true,
    });
    expect(targets(both, own)).toEqual([
      ...files(...classic, 'vmstat', ...pressure),
      'sys/devices/system/cpu',
    ]);
  });

  test('is bound from the tree of all where it is that of LXCFS', () => {
    expect(binds(both, lxcfs).at(-1)).toEqual({
      source: '/var/lib/lxcfs/sys/devices/system/cpu/online',
      target: 'sys/devices/system/cpu/online',
      optional: true,
    });
    expect(targets(both, lxcfs).slice(0, -1)).toEqual(files(...classic, ...pressure));
  });

  test('is bound from the tree of all where the container belongs to a user', () => {
    const record = { ...caller.record, path: '/run/user/1000/lxc-ts/0/web.record' };
    expect(binds(both, own, { record })[0]?.source).toBe('/var/lib/lxcfs/proc/cpuinfo');
  });

  test('lies on proc and sys only where they are mounted', () => {
    expect(targets(minimal, own)).toEqual([]);
    expect(targets([...minimal, 'lxc.mount.auto = proc'], own).at(-1)).toBe('proc/pressure/memory');
    const listed = 'lxc.mount.entry = proc proc proc nodev 0 0';
    expect(targets([...minimal, listed], own)).toContain('proc/meminfo');
    const execute = { kind: 'execute', detach: false, command: ['true'] };
    expect(targets(['lxc.net.0.type = none'], own, execute)).toContain('/proc/meminfo');
  });

  test('comes when all is mounted, and before the hooks', () => {
    const lines = [...both, 'lxc.mount.entry = proc proc proc nodev 0 0', 'lxc.hook.mount = /bin/true'];
    const { child } = planOf({ lines, facts: own }).program;
    const at = child.flatMap((op, index) => (op.why.key === 'lxcts.lxcfs' ? [index] : []));
    const listed = child.findIndex((op) => op.why.key === 'lxc.mount.entry');
    expect(at[0]).toBeGreaterThan(listed);
    expect(at.at(-1)).toBeLessThan(child.findIndex((op) => op.op === 'runHook'));
  });

  test('leaves alone what the user mounts', () => {
    const mine = 'lxc.mount.entry = /srv/meminfo proc/meminfo none bind 0 0';
    expect(targets([...both, mine], own)).not.toContain('proc/meminfo');
  });

  test('is left to the hook of LXCFS where that takes it from the same place', () => {
    const hook = 'lxc.hook.mount = /usr/share/lxcfs/lxc.mount.hook';
    expect(targets([...both, hook], own)).toEqual([]);
    const elsewhere = { ...host, view: { at: '/srv/view', own: true, byName: true } };
    expect(targets([...both, hook], elsewhere)).toContain('proc/meminfo');
  });

  test('changes nothing and says nothing where none is mounted', () => {
    expect(targets(both, host)).toEqual([]);
    expect(planOf({ lines: both }).notes).toEqual([]);
  });

  test('is not bound with off', () => {
    expect(targets([...both, 'lxcts.lxcfs = off'], own)).toEqual([]);
  });
});

describe('the proc view on demand', () => {
  test('must be had, but for files that kernels may lack', () => {
    const optional = binds([...both, 'lxcts.lxcfs = required'], own).filter((one) => one.optional);
    expect(optional.map(({ target }) => target)).toEqual(files('slabinfo', 'vmstat', ...pressure));
  });

  test('is just what a list names', () => {
    const lines = [...both, 'lxcts.lxcfs = meminfo cpu'];
    expect(binds(lines, own).map(({ target, optional }) => [target, optional])).toEqual([
      ['proc/meminfo', false],
      ['sys/devices/system/cpu', false],
    ]);
  });

  const asked = [...minimal, 'lxcts.lxcfs = required'];

  test.each([
    [asked, host, 'no lxcfs is mounted; run lxcfs /var/lib/lxcfs, or take auto'],
    [asked, own, 'there is no proc in it; add lxc.mount.auto = proc'],
    [
      [...minimal, 'lxc.mount.auto = proc', 'lxcts.lxcfs = cpu'],
      own,
      'there is no sys in it; add lxc.mount.auto = sys',
    ],
    [
      [...asked, 'lxc.namespace.keep = mnt', 'lxc.init.cmd = /x'],
      own,
      'its mounts are those of somebody else; let it have a mount namespace, or take auto',
    ],
  ])('is refused at its line where it cannot be had', (lines, facts, reason) => {
    expect(refusal({ lines, facts })).toMatch(/^web\.conf:[45]: /);
    expect(refusal({ lines, facts })).toContain(`Failed to show the container its own limits: ${reason}`);
  });
});

describe('the mount of the proc view', () => {
  const line = (at: string, source: string, root = '/') =>
    `70 25 0:55 ${root} ${at} rw,nosuid,nodev,noexec,relatime shared:5 - fuse.lxcfs ${source} rw,user_id=0`;
  const tmpfs = (at: string) => `71 25 0:56 / ${at} rw - tmpfs tmpfs rw`;

  test.each([
    ['nothing', [tmpfs('/var/lib/lxcfs')], undefined],
    ['ours', [line('/srv/a\\040view', 'lxc-ts')], { at: '/srv/a view', own: true, byName: true }],
    ['that of LXCFS', [line('/var/lib/lxcfs', 'lxcfs')], { at: '/var/lib/lxcfs', own: false, byName: false }],
    ['nothing of LXCFS elsewhere', [line('/srv/view', 'lxcfs')], undefined],
    [
      'what the outer LXC hands to a container',
      [line('/var/lib/lxcfs/proc', 'lxc-ts', '/proc'), line('/var/lib/lxcfs/sys', 'lxc-ts', '/sys')],
      { at: '/var/lib/lxcfs', own: true, byName: false },
    ],
    ['no file of it', [line('/proc/meminfo', 'lxc-ts', '/proc/meminfo')], undefined],
    [
      'ours before that of LXCFS',
      [line('/srv/view', 'lxc-ts'), line('/var/lib/lxcfs', 'lxcfs')],
      { at: '/srv/view', own: true, byName: true },
    ],
    [
      'the last of ours',
      [line('/srv/one', 'lxc-ts'), line('/srv/two', 'lxc-ts')],
      { at: '/srv/two', own: true, byName: true },
    ],
    [
      'what lies on top',
      [line('/var/lib/lxcfs', 'lxc-ts'), line('/var/lib/lxcfs', 'lxcfs')],
      { at: '/var/lib/lxcfs', own: false, byName: false },
    ],
    ['nothing that is covered', [line('/var/lib/lxcfs', 'lxcfs'), tmpfs('/var/lib/lxcfs')], undefined],
  ])('is %s', (_, lines, found) => {
    expect(findView(`${lines.join('\n')}\n`)).toEqual(found);
  });
});
