/** Faults in the middle of a start: every op that fails, every process that dies, leaves nothing behind. */

import type { ChildProcess } from 'node:child_process';
import { existsSync, globSync, readFileSync, writeFileSync } from 'node:fs';
import { beforeAll, expect } from 'vitest';
import { binDir, run, start, underC } from './harness/commands.ts';
import type { Container } from './harness/container.ts';
import { eventually } from './harness/eventually.ts';
import { buildFaulty, planOf, startWithFault } from './harness/faulty.ts';
import type { Scope } from './harness/scope.ts';
import { testOurs } from './harness/suite.ts';
import { daemons, settled, snapshot } from './harness/world.ts';

const reason = 'faults are injected into our helper';
let faultyStart = '';

beforeAll(() => {
  if (!underC) faultyStart = buildFaulty();
});

/** A start with something of everything. */
async function richContainer(scope: Scope): Promise<Container> {
  await scope.bridge('sysbr0');
  await scope.link('sysnic0');
  const foo = scope.container({
    config: [
      'lxc.uts.name = rich',
      'lxc.mount.auto = proc:mixed sys:mixed cgroup:mixed:force',
      'lxc.mount.entry = tmpfs srv tmpfs size=64k 0 0',
      'lxc.mount.entry = $DIR/bound mnt none bind,ro,optional 0 0',
      'lxc.tty.max = 2',
      'lxc.pty.max = 8',
      'lxc.tty.dir = lxc',
      'lxc.console.logfile = $DIR/console.log',
      'lxc.net.0.type = veth',
      'lxc.net.0.link = sysbr0',
      'lxc.net.0.flags = up',
      'lxc.net.0.ipv4.address = 10.9.0.2/24',
      'lxc.net.0.ipv4.gateway = 10.9.0.1',
      'lxc.net.0.script.up = $DIR/hook',
      'lxc.net.0.script.down = $DIR/hook',
      'lxc.net.1.type = macvlan',
      'lxc.net.1.link = sysbr0',
      'lxc.net.1.macvlan.mode = bridge',
      'lxc.net.1.flags = up',
      'lxc.net.4.type = phys',
      'lxc.net.4.link = sysnic0',
      'lxc.net.4.name = wan',
      'lxc.net.4.mtu = 1300',
      'lxc.net.4.script.up = $DIR/hook',
      'lxc.cgroup.memory.limit_in_bytes = 128M',
      'lxc.cgroup.cpuset.cpus = 0',
      'lxc.cgroup.devices.deny = a',
      'lxc.cgroup.devices.allow = c 1:3 rwm',
      'lxc.cgroup.devices.allow = c *:* m',
      'lxc.cgroup.devices.allow = c 136:* rwm',
      'lxc.cap.drop = sys_time',
      'lxc.prlimit.nofile = 100',
      'lxc.proc.oom_score_adj = 10',
      'lxc.sysctl.net.ipv4.ip_forward = 1',
      'lxc.environment = A=1',
      'lxc.init.uid = 0',
      'lxc.hook.start = /hook',
      ...['pre-start', 'pre-mount', 'mount', 'autodev', 'start-host', 'stop', 'post-stop'].map(
        (kind) => `lxc.hook.${kind} = $DIR/hook`,
      ),
    ],
  });
  writeFileSync(`${foo.dir}/hook`, '#!/bin/sh\nexit 0\n', { mode: 0o755 });
  foo.script('/hook', 'exit 0');
  return foo;
}

for (const list of ['parent', 'child'] as const) {
  testOurs(
    `Each ${list} op of a start that fails in turn leaves nothing behind`,
    reason,
    async (scope) => {
      const foo = await richContainer(scope);
      const ops = (await planOf(foo))[list];
      expect(ops.length).toBeGreaterThan(30);
      const wrong: string[] = [];
      for (const [index, op] of ops.entries())
        wrong.push(...(await startWithFault(faultyStart, foo, `${list}:${index}`, op)));
      expect(wrong).toEqual([]);
    },
    { timeoutMs: 240_000 },
  );
}

testOurs('Each call of a start that fails in turn leaves nothing behind', reason, async (scope) => {
  const foo = await richContainer(scope);
  const calls = (await planOf(foo)).parent.filter((op) => op.op === 'call');
  expect(calls.length).toBeGreaterThan(0);
  const wrong: string[] = [];
  for (const [index, op] of calls.entries())
    wrong.push(...(await startWithFault(faultyStart, foo, `call:${index}`, op)));
  expect(wrong).toEqual([]);
});

/** Starts `foo`, does something `delay` ms later, and has everything cleaned by the next commands. */
async function disturb(foo: Container, delay: number, act: (child: ChildProcess) => void): Promise<string[]> {
  const before = snapshot();
  const child = start(`${binDir}/lxc-start`, ['-n', foo.name, '-d']);
  const ended = new Promise<void>((done) => child.on('close', () => done()));
  await new Promise((wake) => setTimeout(wake, delay));
  act(child);
  await ended;
  await eventually(
    async () => ['STOPPED', 'RUNNING'].includes(await foo.state()),
    'the start came to an end',
  );
  await foo.start();
  await foo.stop();
  return (await settled(before)).map((line) => `after ${delay} ms: ${line}`);
}

for (const signal of ['SIGKILL', 'SIGINT', 'SIGTERM'] as const) {
  testOurs(
    `${signal} to the command at any moment of a start leaks nothing`,
    reason,
    async (scope) => {
      const foo = await richContainer(scope);
      const wrong: string[] = [];
      for (let delay = 0; delay <= 60; delay += 6) {
        wrong.push(...(await disturb(foo, delay, (child) => child.kill(signal))));
      }
      expect(wrong).toEqual([]);
    },
    { timeoutMs: 120_000 },
  );
}

testOurs(
  'SIGKILL to the daemon at any moment of a start loses nothing',
  reason,
  async (scope) => {
    const foo = await richContainer(scope);
    const wrong: string[] = [];
    for (let delay = 0; delay <= 60; delay += 6) {
      await foo.state();
      wrong.push(
        ...(await disturb(foo, delay, () => {
          for (const pid of daemons()) process.kill(pid, 'SIGKILL');
        })),
      );
    }
    expect(wrong).toEqual([]);
  },
  { timeoutMs: 120_000 },
);

testOurs('A container outlives its brain', reason, async (scope) => {
  const foo = await richContainer(scope);
  await foo.start();
  for (const pid of daemons()) process.kill(pid, 'SIGKILL');
  expect(await foo.state()).toBe('RUNNING');
  await foo.stop();
});

testOurs('SIGKILL to the monitor of a rich container: the next command cleans up', reason, async (scope) => {
  const foo = await richContainer(scope);
  await foo.start(['-p', `${foo.dir}/pid`]);
  process.kill(Number(readFileSync(`${foo.dir}/pid`, 'utf8')), 'SIGKILL');
  await eventually(async () => (await foo.state()) === 'STOPPED', 'the container is stopped');
  await foo.start();
  await foo.stop();
});

testOurs('An orphan with several networks on one bridge is taken over', reason, async (scope) => {
  await scope.bridge('sysbr0');
  const types = ['veth', 'macvlan'].flatMap((type, index) => [
    `lxc.net.${index}.type = ${type}`,
    `lxc.net.${index}.link = sysbr0`,
  ]);
  const foo = scope.container({ config: ['lxc.monitor.signal.pdeath = 0', ...types] });
  await foo.start(['-p', `${foo.dir}/pid`]);
  process.kill(Number(readFileSync(`${foo.dir}/pid`, 'utf8')), 'SIGKILL');
  expect(await foo.run('info', ['-s'])).toMatchObject({ status: 0, stdout: 'State:          RUNNING\n' });
  await foo.stop();
});

/** Each as the first command after the monitor's death. */
const takers: readonly (readonly [string, readonly string[]])[] = [
  ['attach', ['--', '/bin/true']],
  ['info', ['-s']],
  ['wait', ['-s', 'RUNNING', '-t', '5']],
  ['freeze', []],
  ['cgroup', ['pids.max']],
];

for (const [command, args] of takers) {
  testOurs(
    `With lxc.monitor.signal.pdeath = 0 init outlives its monitor and lxc-${command} takes it over`,
    reason,
    async (scope) => {
      const foo = scope.container({ config: ['lxc.monitor.signal.pdeath = 0'] });
      await foo.start(['-p', `${foo.dir}/pid`]);
      const init = await foo.initPid();
      process.kill(Number(readFileSync(`${foo.dir}/pid`, 'utf8')), 'SIGKILL');
      expect((await foo.run(command, args)).status).toBe(0);
      expect(await foo.state()).toBe(command === 'freeze' ? 'FROZEN' : 'RUNNING');
      expect(await foo.initPid()).toBe(init);
      await foo.stop();
      expect(await foo.state()).toBe('STOPPED');
    },
  );
}

testOurs('SIGKILL to the monitor: lxc-info alone takes the leftovers apart', reason, async (scope) => {
  const foo = await richContainer(scope);
  await foo.start(['-p', `${foo.dir}/pid`]);
  process.kill(Number(readFileSync(`${foo.dir}/pid`, 'utf8')), 'SIGKILL');
  await eventually(async () => (await foo.state()) === 'STOPPED', 'the container is stopped');
  expect(globSync(`/run/lxc-ts/*/${foo.name}.*`)).toEqual([]);
});

testOurs('SIGKILL to the monitor: lxc-destroy leaves nothing of the container', reason, async (scope) => {
  const foo = await richContainer(scope);
  await foo.start(['-p', `${foo.dir}/pid`]);
  process.kill(Number(readFileSync(`${foo.dir}/pid`, 'utf8')), 'SIGKILL');
  expect(await foo.run('destroy', ['-f'])).toMatchObject({ status: 0, stderr: '' });
});

testOurs(
  'Commands that meet at what a killed monitor left do not disturb each other',
  reason,
  async (scope) => {
    const foo = await richContainer(scope);
    for (let turn = 0; turn < 5; turn += 1) {
      await foo.start(['-p', `${foo.dir}/pid`]);
      process.kill(Number(readFileSync(`${foo.dir}/pid`, 'utf8')), 'SIGKILL');
      const [started, ...looked] = await Promise.all([
        foo.run('start', ['-d']),
        ...['info', 'info', 'freeze', 'info'].map((verb) => foo.run(verb)),
      ]);
      expect(started).toMatchObject({ status: 0, stderr: '' });
      for (const { stderr } of looked) expect(stderr).not.toContain('Unexpected');
      await foo.run('unfreeze');
      expect(await foo.state()).toBe('RUNNING');
      expect(foo.cgroupDir('memory')).toSatisfy(existsSync);
      await foo.stop();
    }
  },
);

testOurs(
  'Each inverse that fails at the end is tried again by the next command',
  reason,
  async (scope) => {
    const foo = await richContainer(scope);
    const plan = await planOf(foo);
    const inverses = plan.parent.flatMap(({ undo }) => undo ?? []);
    expect(inverses.length).toBeGreaterThan(10);
    const wrong: string[] = [];
    for (const how of ['5', 'kill'])
      for (const index of inverses.keys()) wrong.push(...(await endWithFault(foo, `undo:${index}:${how}`)));
    expect(wrong).toEqual([]);
  },
  { timeoutMs: 240_000 },
);

/** Stops a container whose monitor does not get beyond one of its inverses. */
async function endWithFault(foo: Container, fault: string): Promise<string[]> {
  const before = snapshot();
  const started = await run(faultyStart, ['-n', foo.name, '-d'], { env: { LXC_TS_FAULT: fault } });
  const wrong = started.status === 0 ? [] : [`the start failed: ${started.stderr}`];
  await foo.stop();
  expect(await foo.state()).toBe('STOPPED');
  return [...wrong, ...(await settled(before))].map((line) => `${fault}: ${line}`);
}
