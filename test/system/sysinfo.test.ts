/** sysinfo(2) in containers, by busybox, which asks nothing else: limits where the view is, the host elsewhere. */

import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Container } from './harness/container.ts';
import { eventually } from './harness/eventually.ts';
import type { Scope } from './harness/scope.ts';
import { testOurs } from './harness/suite.ts';
import { ours, serveView } from './harness/view.ts';

const limits = ['lxc.mount.auto = proc:mixed sys:ro', 'lxc.cgroup.memory.limit_in_bytes = 256M'];
const reason = 'sysinfo(2) is answered';
const hostTotal = Number(/^MemTotal: +(\d+)/.exec(readFileSync('/proc/meminfo', 'utf8'))?.[1]);

/** As `free` prints it, in kB. */
function totalIn(text: string): number {
  return Number(/^Mem: +(\d+)/m.exec(text)?.[1]);
}

async function total(container: Container, ...args: readonly string[]): Promise<number> {
  const { stdout, stderr, status } = await container.attach(['/bin/busybox', 'free'], args);
  if (status !== 0) throw new Error(`free ended with ${status}: ${stderr}`);
  return totalIn(stdout);
}

/** A caller waits 20 ms for the view and no longer, so on a busy machine one may be told of the host. */
async function tells(kilobytes: number, ask: () => number | Promise<number>): Promise<void> {
  await eventually(async () => (await ask()) === kilobytes, `sysinfo(2) tells ${kilobytes} kB`, 20_000);
}

/** Its init asks again and again. */
function asking(scope: Scope, ...config: readonly string[]): { foo: Container; told: () => number } {
  const foo = scope.container({ config: [...limits, 'lxc.init.cmd = /ask', ...config] });
  foo.script('/ask', 'while :; do /bin/busybox free > /out/new; mv /out/new /out/free; sleep 0.05; done');
  return { foo, told: () => totalIn(foo.read('/out/free') ?? '') };
}

/** The same by `uptime`: `free` also reads /proc/meminfo, which waits for the view. */
function askingTime(scope: Scope): { foo: Container; tells: (whose: 'container' | 'host') => Promise<void> } {
  const foo = scope.container({ config: [...limits, 'lxc.init.cmd = /ask'] });
  foo.script('/ask', 'while :; do /bin/busybox uptime > /out/new; mv /out/new /out/up; sleep 0.05; done');
  const told = () => (/ up [0-5] min/.test(foo.read('/out/up') ?? '') ? 'container' : 'host');
  const tells = (whose: string) =>
    eventually(() => told() === whose, `sysinfo(2) tells the ${whose}`, 20_000);
  return { foo, tells };
}

async function filters(container: Container): Promise<string | undefined> {
  const status = readFileSync(`/proc/${await container.initPid()}/status`, 'utf8');
  return /^Seccomp:\t(\d)/m.exec(status)?.[1];
}

testOurs(
  'sysinfo(2) tells init and what is attached the limit, also when it changes',
  reason,
  async (scope) => {
    await serveView(scope, ours);
    const { foo, told } = asking(scope);
    await foo.start();
    await tells(262_144, told);
    await tells(262_144, () => total(foo));
    await tells(262_144, () => total(foo, '-u', '1000', '-g', '1000'));
    const age = async () => (await foo.attach(['/bin/busybox', 'uptime'])).stdout;
    await eventually(async () => / up [0-5] min, /.test(await age()), 'uptime tells the age of init', 20_000);
    await foo.run('cgroup', ['memory.limit_in_bytes', '128M']);
    await tells(131_072, told);
    await tells(131_072, () => total(foo));
  },
);

testOurs('sysinfo(2) tells the command of lxc-execute the limit', reason, async (scope) => {
  await serveView(scope, ours);
  const foo = scope.container({ config: limits });
  await tells(262_144, async () =>
    totalIn((await foo.run('execute', ['--', '/bin/busybox', 'free'])).stdout),
  );
});

testOurs('sysinfo(2) tells the limit of a container with ids of its own', reason, async (scope) => {
  await serveView(scope, ours);
  const map = ['lxc.idmap = u 0 100000 65536', 'lxc.idmap = g 0 100000 65536'];
  const foo = scope.container({ config: [...limits, 'lxc.init.cmd = /bin/sleep 1000', ...map] });
  await foo.start();
  await tells(262_144, () => total(foo));
});

testOurs('sysinfo(2) tells the limit after a reboot', reason, async (scope) => {
  await serveView(scope, ours);
  const foo = scope.container({ config: [...limits, 'lxc.init.cmd = /again'] });
  foo.script('/again', 'test -e /out/once && exec sleep 1000\ntouch /out/once\nreboot -f');
  await foo.start();
  await eventually(async () => foo.read('/out/once') !== undefined, 'it comes up');
  await tells(262_144, () => total(foo).catch(() => 0));
});

function childrenOf(pid: number): readonly number[] {
  const text = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8');
  return text.split(' ').filter(Boolean).map(Number);
}

/** The view with all that serves it; stopped, it answers nobody and nobody sees to it. */
async function stoppable(scope: Scope): Promise<{ send: (signal: NodeJS.Signals) => void }> {
  const { pid } = await serveView(scope, ours);
  const send = (signal: NodeJS.Signals) => {
    const all = [pid, ...childrenOf(pid)];
    for (const one of all) process.kill(one, signal);
  };
  scope.defer(async () => send('SIGCONT'));
  return { send };
}

/** A container that told its limit, and then the host, for the view's servers were stopped. */
async function withStoppedView(scope: Scope) {
  const { send } = await stoppable(scope);
  const { foo, tells } = askingTime(scope);
  await foo.start();
  await tells('container');
  send('SIGSTOP');
  await tells('host');
  return { foo, tells, resume: () => send('SIGCONT') };
}

testOurs(
  'sysinfo(2) tells the host while the servers are stopped, and the limit again',
  reason,
  async (scope) => {
    const { tells, resume } = await withStoppedView(scope);
    resume();
    await tells('container');
  },
);

testOurs('A container stops while the view does not answer it', reason, async (scope) => {
  const { foo, resume } = await withStoppedView(scope);
  await foo.stop();
  expect(await foo.state()).toBe('STOPPED');
  resume();
});

testOurs(
  'sysinfo(2) tells the limit when the servers are killed, the host when the view is gone',
  reason,
  async (scope) => {
    const { pid } = await serveView(scope, ours);
    const { foo, tells } = askingTime(scope);
    await foo.start();
    for (let round = 0; round < 3; round++) {
      for (const server of childrenOf(pid)) process.kill(server, 'SIGKILL');
      await tells('container');
    }
    process.kill(pid, 'SIGTERM');
    await tells('host');
  },
);

for (const [title, ...config] of [
  ['lxcts.sysinfo = off', 'lxcts.sysinfo = off'],
  ['lxcts.lxcfs = off', 'lxcts.lxcfs = off'],
  ['a container that outlives its monitor', 'lxc.monitor.signal.pdeath = 0'],
] as const)
  testOurs(`No filter is installed with ${title}`, reason, async (scope) => {
    await serveView(scope, ours);
    const { foo, told } = asking(scope, ...config);
    await foo.start();
    expect(await filters(foo)).toBe('0');
    await tells(hostTotal, told);
    expect((await foo.attachedProbe()).status).toMatch(/^Seccomp:\t0$/m);
  });

testOurs('No filter is installed without a view', reason, async (scope) => {
  const { foo } = asking(scope);
  await foo.start();
  expect(await filters(foo)).toBe('0');
});
