import { describe, expect, test } from 'vitest';
import type { HostFacts } from '../../../src/plan/index.ts';
import { sysinfoFilter } from '../../../src/plan/sysinfo.ts';
import { caller, host, minimal, planOf, viewHost } from './fixture.ts';

const own: HostFacts = viewHost;
const lxcfs: HostFacts = { ...host, view: { at: '/var/lib/lxcfs', own: false, byName: false } };

function listens(lines: readonly string[], facts: HostFacts, request = {}): boolean {
  const { child, settings } = planOf({ lines, facts, request }).program;
  const installed = child.some(({ op, why }) => op === 'seccomp' && why.key === 'lxcts.sysinfo');
  expect(settings.some(({ op }) => op === 'setSysinfo')).toBe(installed);
  return installed;
}

describe('sysinfo(2) is answered', () => {
  test('from the file of the container, where ours is mounted', () => {
    const { child, settings } = planOf({ lines: minimal, facts: own }).program;
    const file = '/var/lib/lxcfs/by-name/web/sysinfo';
    expect(settings).toContainEqual({ op: 'setSysinfo', args: { file } });
    expect(child.find(({ op }) => op === 'seccomp')).toMatchObject({
      args: { listener: 1 },
      optional: true,
    });
  });

  test('from when nothing runs any more but what the container is to run', () => {
    const lines = [...minimal, 'lxc.hook.start = /bin/true', 'lxc.hook.start-host = /bin/true'];
    const names = planOf({ lines, facts: own }).program.child.map(({ op }) => op);
    expect(names.slice(-4)).toEqual(['seccomp', 'setIds', 'pdeathsig', 'exec']);
  });

  test.each([
    ['no view is mounted', minimal, host, {}],
    ['the view is that of LXCFS', minimal, lxcfs, {}],
    ['it is turned off', [...minimal, 'lxcts.sysinfo = off'], own, {}],
    ['the view is turned off', [...minimal, 'lxcts.lxcfs = off'], own, {}],
    ['the view does not show memory', [...minimal, 'lxc.mount.auto = proc', 'lxcts.lxcfs = uptime'], own, {}],
    ['the container outlives its monitor', [...minimal, 'lxc.monitor.signal.pdeath = 0'], own, {}],
    ['it may refuse to die', [...minimal, 'lxc.monitor.signal.pdeath = SIGTERM'], own, {}],
    ['others are in its pid namespace', [...minimal, 'lxc.namespace.share.pid = db'], own, {}],
    ['the kernel is older', minimal, { ...own, kernel: [5, 8] }, {}],
    ['the view does not know it by name', minimal, own, { path: '/run/user/1000/lxc-ts/0/web.record' }],
  ] as const)('not where %s', (_, lines, facts, record) => {
    expect(listens(lines, facts, { record: { ...caller.record, ...record } })).toBe(false);
  });

  test('where the kernel is just new enough', () => {
    expect(listens(minimal, { ...own, kernel: [5, 9] })).toBe(true);
  });
});

/** The filter as the kernel runs it. */
function run(arch: number, number: number): number {
  const { op, args } = sysinfoFilter();
  if (op !== 'seccomp') throw new Error('not a filter');
  const program = Buffer.from(args.filter);
  let accumulator = 0;
  for (let at = 0; ; at++) {
    const [code, otherwise] = [program.readUInt16LE(at * 8), program.readUInt8(at * 8 + 3)];
    const value = program.readUInt32LE(at * 8 + 4);
    if (code === 0x06) return value;
    if (code === 0x20) accumulator = value === 4 ? arch : number;
    if (code === 0x15 && accumulator !== value) at += otherwise;
  }
}

describe('the filter', () => {
  const [notify, allow] = [0x7fc0_0000, 0x7fff_0000];
  test.each([
    ['x86-64', 0xc000_003e, 99, notify],
    ['x32', 0xc000_003e, 0x4000_0063, notify],
    ['i386', 0x4000_0003, 116, notify],
    ['aarch64', 0xc000_00b7, 179, notify],
    ['arm', 0x4000_0028, 116, notify],
    ['x86-64, of another number', 0xc000_003e, 116, allow],
    ['i386, of another number', 0x4000_0003, 99, allow],
    ['another architecture', 0x8000_0016, 116, allow],
  ])('tells %s', (_, arch, number, action) => {
    expect(run(arch, number)).toBe(action);
  });
});
