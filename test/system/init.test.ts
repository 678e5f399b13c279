/** How init runs: ids, environment, capabilities, limits, settings of its kernel view. */

import { join } from 'node:path';
import { expect } from 'vitest';
import { run } from './harness/commands.ts';
import { envOf, hasCap, parseProbe } from './harness/probe.ts';
import { rootfsTemplate } from './harness/rootfs.ts';
import { test, testOurs } from './harness/suite.ts';

const SYS_ADMIN = 21;
const NET_RAW = 13;
const SYS_TIME = 25;
const CHOWN = 0;

test('Init has an empty environment but for what LXC sets', async (scope) => {
  const foo = scope.container();
  await foo.start([], { env: { LEAKED: 'no' } });
  const seen = await foo.probe();
  expect(seen.env).toEqual(['container=lxc']);
});

test('lxc.environment sets variables and takes them from the caller', async (scope) => {
  const foo = scope.container({
    config: ['lxc.environment = ONE=1', 'lxc.environment = TAKEN', 'lxc.environment = ONE=2'],
    env: { TAKEN: 'from the caller' },
  });
  await foo.start();
  expect(envOf(await foo.probe())).toEqual({ ONE: '2', TAKEN: 'from the caller', container: 'lxc' });
});

test('A variable of lxc.environment that the caller does not have is refused', async (scope) => {
  const foo = scope.container({ config: ['lxc.environment = NOT_THERE'] });
  expect((await foo.run('start', ['-d'])).status).toBe(1);
});

test('Init has no descriptors but the standard streams', async (scope) => {
  const foo = scope.container();
  await foo.start();
  expect(Object.keys((await foo.probe()).fds).sort()).toEqual(['0', '1', '2']);
});

test('lxc.init.uid and lxc.init.gid are the ids of init, without groups', async (scope) => {
  const foo = scope.container({ config: ['lxc.init.uid = 1000', 'lxc.init.gid = 1001'] });
  await foo.start();
  const seen = await foo.probe();
  expect(seen.uid).toEqual([1000, 1000, 1000]);
  expect(seen.gid).toEqual([1001, 1001, 1001]);
  expect(seen.groups).toEqual([]);
  expect(seen.caps.effective).toBe('0000000000000000');
});

test('lxc.init.groups are the supplementary groups of init', async (scope) => {
  const foo = scope.container({ config: ['lxc.init.groups = 10,20', 'lxc.init.groups = 30'] });
  await foo.start();
  expect([...(await foo.probe()).groups].sort()).toEqual([10, 20, 30]);
});

test('lxc.init.cwd is the working directory of init', async (scope) => {
  const foo = scope.container({ config: ['lxc.init.cwd = /srv'] });
  await foo.start();
  expect((await foo.probe()).cwd).toBe('/srv');
});

test('Init starts in the root with a plain umask', async (scope) => {
  const foo = scope.container();
  await foo.start();
  const seen = await foo.probe();
  expect(seen.cwd).toBe('/');
  expect(seen.status).toContain('SigBlk:\t0000000000000000\n');
  expect(seen.status).toContain('SigIgn:\t0000000000000000\n');
});

test('lxc.cap.drop takes capabilities out of every set', async (scope) => {
  const foo = scope.container({ config: ['lxc.cap.drop = sys_time net_raw', 'lxc.cap.drop = mac_admin'] });
  await foo.start();
  const { caps } = await foo.probe();
  for (const set of [caps.bounding, caps.effective, caps.permitted]) {
    expect(hasCap(set, SYS_TIME)).toBe(false);
    expect(hasCap(set, NET_RAW)).toBe(false);
    expect(hasCap(set, SYS_ADMIN)).toBe(true);
  }
  expect(BigInt(`0x${caps.ambient}`)).toBe(0n);
});

test('lxc.cap.keep leaves only what it names', async (scope) => {
  const foo = scope.container({ config: ['lxc.cap.keep = sys_admin chown'] });
  await foo.start();
  const { caps } = await foo.probe();
  expect(BigInt(`0x${caps.bounding}`)).toBe((1n << BigInt(SYS_ADMIN)) | (1n << BigInt(CHOWN)));
  expect(caps.effective).toBe(caps.bounding);
});

test('lxc.cap.keep = none drops them all', async (scope) => {
  const foo = scope.container({ config: ['lxc.cap.keep = none'] });
  await foo.start();
  expect(BigInt(`0x${(await foo.probe()).caps.bounding}`)).toBe(0n);
});

test('lxc.cap.drop together with lxc.cap.keep is refused', async (scope) => {
  const foo = scope.container({ config: ['lxc.cap.drop = sys_time', 'lxc.cap.keep = chown'] });
  expect((await foo.run('start', ['-d'])).status).toBe(1);
});

test('lxc.no_new_privs is set before init runs', async (scope) => {
  const foo = scope.container({ config: ['lxc.no_new_privs = 1'] });
  await foo.start();
  expect((await foo.probe()).noNewPrivs).toBe(1);
});

test('lxc.prlimit sets soft and hard limits', async (scope) => {
  const foo = scope.container({
    config: [
      'lxc.prlimit.nofile = 100:200',
      'lxc.prlimit.core = 0',
      'lxc.prlimit.nproc = 50:unlimited',
      'lxc.prlimit.nproc = 40',
    ],
  });
  await foo.start();
  const { limits } = await foo.probe();
  expect(limits.nofile).toEqual([100, 200]);
  expect(limits.core).toEqual([0, 0]);
  expect(limits.nproc).toEqual([40, 40]);
});

test('lxc.sysctl writes below /proc/sys inside', async (scope) => {
  const foo = scope.container({
    config: [
      'lxc.mount.auto = proc:rw',
      'lxc.sysctl.net.ipv4.ip_forward = 1',
      'lxc.sysctl.kernel.msgmax = 65536',
    ],
  });
  await foo.start();
  await foo.probe();
  expect(
    (await foo.attach(['/bin/cat', '/proc/sys/net/ipv4/ip_forward', '/proc/sys/kernel/msgmax'])).stdout,
  ).toBe('1\n65536\n');
});

test('lxc.proc writes files of init', async (scope) => {
  const foo = scope.container({ config: ['lxc.proc.oom_score_adj = 123'] });
  await foo.start();
  expect((await foo.probe()).oomScoreAdj).toBe('123\n');
});

test('lxc.arch sets the personality', async (scope) => {
  const foo = scope.container({ config: ['lxc.arch = i686'] });
  await foo.start();
  const seen = await foo.probe();
  expect(seen.personality & 0xff).toBe(8);
  expect(seen.machine).toBe('i686');
});

test('Init dies with its monitor by default and not where lxc.monitor.signal.pdeath says another signal', async (scope) => {
  const foo = scope.container();
  await foo.start();
  expect((await foo.probe()).pdeathsig).toBe(9);
  const bar = scope.container({ config: ['lxc.monitor.signal.pdeath = SIGTERM'] });
  await bar.start();
  expect((await bar.probe()).pdeathsig).toBe(15);
});

test('An init with other ids still dies with its monitor', async (scope) => {
  const foo = scope.container({ config: ['lxc.init.uid = 1000', 'lxc.init.gid = 1000'] });
  await foo.start();
  expect((await foo.probe()).pdeathsig).toBe(9);
});

test('lxc.sysctl works where /proc/sys is read-only but for the network', async (scope) => {
  const foo = scope.container({ config: ['lxc.sysctl.net.ipv4.ip_forward = 1'] });
  await foo.start();
  await foo.probe();
  expect((await foo.attach(['/bin/cat', '/proc/sys/net/ipv4/ip_forward'])).stdout).toBe('1\n');
});

const later = 'C LXC has the keys since 7.0';

testOurs('lxc.environment.runtime is for init and attached commands, not for hooks', later, async (scope) => {
  const foo = scope.container({ config: ['lxc.environment.runtime = MINE=yes', 'lxc.hook.start = /hook'] });
  foo.script('/hook', 'env > /out/hook');
  await foo.start();
  expect(envOf(await foo.probe()).MINE).toBe('yes');
  expect(envOf(await foo.attachedProbe()).MINE).toBe('yes');
  expect(foo.read('out/hook')).not.toContain('MINE');
});

testOurs('lxc.environment.hooks is for the hooks inside, not for init', later, async (scope) => {
  const foo = scope.container({ config: ['lxc.environment.hooks = MINE=yes', 'lxc.hook.start = /hook'] });
  foo.script('/hook', 'env > /out/hook');
  await foo.start();
  expect(envOf(await foo.probe()).MINE).toBeUndefined();
  expect(foo.read('out/hook')).toContain('MINE=yes\n');
});

test('lxc.keyring.session = 1 leaves init the session keyring of the caller', async (scope) => {
  const caller = parseProbe((await run(join(rootfsTemplate, 'probe'), [])).stdout).sessionKeyring;
  const own = scope.container();
  await own.start();
  expect((await own.probe()).sessionKeyring).not.toBe(caller);
  const foo = scope.container({ config: ['lxc.keyring.session = 1'] });
  await foo.start();
  expect((await foo.probe()).sessionKeyring).toBe(caller);
});
