/**
 * System call filters, and what a container may not do. The acts are those of forbidden.c; C LXC is expected to give
 * the same answers.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { errnoNumber } from '../../src/base/errno.ts';
import { binDir, finished, run, start as startProcess } from './harness/commands.ts';
import type { Container } from './harness/container.ts';
import { eventually } from './harness/eventually.ts';
import { rootfsTemplate } from './harness/rootfs.ts';
import type { Scope } from './harness/scope.ts';
import { test, testOurs } from './harness/suite.ts';

const common = fileURLToPath(new URL('../../configs/common.seccomp', import.meta.url));
const x86 = process.arch === 'x64';

/** Refused with EPERM for want of a capability; what else is right is named. */
const byCapabilities: Readonly<Record<string, readonly string[]>> = {
  mount: ['EPERM'],
  'mount a bind': ['EPERM'],
  remount: ['EPERM'],
  umount2: ['EPERM'],
  pivot_root: ['EPERM'],
  chroot: ['EPERM'],
  fsopen: ['EPERM'],
  open_tree: ['EPERM'],
  setns: ['EPERM'],
  unshare: ['EPERM'],
  sethostname: ['EPERM'],
  setdomainname: ['EPERM'],
  clock_settime: ['EPERM'],
  adjtimex: ['EPERM'],
  reboot: ['EPERM'],
  swapon: ['EPERM', 'ENOSYS'],
  swapoff: ['EPERM', 'ENOSYS'],
  acct: ['EPERM', 'ENOSYS'],
  'mknod of a disk': ['EPERM'],
  'mknod of memory': ['EPERM'],
  setuid: ['EPERM'],
  setgid: ['EPERM'],
  setgroups: ['EPERM'],
  chown: ['EPERM'],
  setpriority: ['EACCES'],
  setrlimit: ['EPERM'],
  syslog: ['EPERM'],
  'a raw socket': ['EPERM'],
  'a packet socket': ['EPERM', 'EAFNOSUPPORT'],
  'bind to port 80': ['EACCES'],
  'raise an interface': ['EPERM'],
  fanotify_init: ['EPERM', 'ENOSYS'],
  bpf: ['EPERM', 'ENOSYS'],
  perf_event_open: ['EACCES', 'ENOSYS'],
  'write to sysrq-trigger': ['EROFS', 'ENOENT'],
  'write to core_pattern': ['EROFS'],
  ...(x86 ? { iopl: ['EPERM', 'ENOSYS'], ioperm: ['EPERM', 'ENOSYS'], 'setuid of i386': ['EPERM'] } : {}),
};

const byFilter: Readonly<Record<string, readonly string[]>> = {
  kexec_load: ['EPERM'],
  init_module: ['EPERM'],
  finit_module: ['EPERM'],
  delete_module: ['EPERM'],
  open_by_handle_at: ['EPERM'],
  'umount2 by force': ['EACCES'],
  'umount2 by force, lazily': ['EACCES'],
  ...(x86
    ? {
        'kexec_load of i386': ['EPERM'],
        'init_module of i386': ['EPERM'],
        'finit_module of i386': ['EPERM'],
        'delete_module of i386': ['EPERM'],
        'open_by_handle_at of i386': ['EPERM'],
        'umount2 of i386 by force': ['EACCES'],
        'kexec_load of x32': ['EPERM'],
        'finit_module of x32': ['EPERM'],
        'umount2 of x32 by force': ['EACCES'],
      }
    : {}),
};

const confined = ['lxc.mount.auto = proc:mixed sys:ro', 'lxc.net.0.type = empty'];

/** Names of acts with what came of them. */
function answers(text: string): Readonly<Record<string, string>> {
  const lines = text.trim().split('\n');
  return Object.fromEntries(
    lines.map((line) => /^(.*) (done|errno \d+|signal \d+)$/.exec(line)?.slice(1) ?? []),
  );
}

function expectRefused(text: string, expected: Readonly<Record<string, readonly string[]>>): void {
  const seen = answers(text);
  expect(Object.keys(seen).sort()).toEqual(Object.keys(expected).sort());
  for (const [act, names] of Object.entries(expected))
    expect(
      names.map((name) => `errno ${errnoNumber(name)}`),
      act,
    ).toContain(seen[act]);
}

async function filters(
  container: Container,
  argv = ['cat', '/proc/self/status'],
  args: string[] = [],
): Promise<string> {
  const seen = await container.attach(argv, args);
  expect(seen.stderr).toBe('');
  return /^Seccomp:\s*(\d)/m.exec(seen.stdout)?.[1] ?? '';
}

function policy(scope: Scope, ...lines: readonly string[]): string {
  return scope.file(`/var/lib/lxc/.${scope.name()}.seccomp`, `${lines.join('\n')}\n`);
}

test('A container without capabilities under the common policy is refused 30 things and more', async (scope) => {
  const config = [...confined, 'lxc.cap.keep = none', `lxc.seccomp.profile = ${common}`];
  const foo = scope.container({ config: [...config, 'lxc.init.cmd = /init'] });
  foo.script(
    'init',
    '/forbidden > /out/part\n/bin/busybox mv /out/part /out/answers\nexec /probe --out /out/p --stay',
  );
  await foo.start();
  await eventually(() => foo.read('out/answers') !== undefined, 'init has tried');
  const all = { ...byCapabilities, ...byFilter };
  expect(Object.keys(all).length).toBeGreaterThanOrEqual(30);
  expectRefused(foo.read('out/answers') ?? '', all);
  const attached = await foo.attach(['/forbidden']);
  expect(answers(attached.stdout)).toEqual(answers(foo.read('out/answers') ?? ''));
});

test('With every capability the filter alone refuses what the common policy lists', async (scope) => {
  const foo = scope.container({ config: [...confined, `lxc.seccomp.profile = ${common}`] });
  await foo.start();
  expectRefused((await foo.attach(['/forbidden', 'filter'])).stdout, byFilter);
});

test('Without a policy there is no filter', async (scope) => {
  const foo = scope.container();
  await foo.start();
  expect(await filters(foo)).toBe('0');
  expect(answers((await foo.attach(['/forbidden', 'filter'])).stdout)['umount2 by force']).toBe('errno 2');
});

test('Who is attached as another user is under the policy too, with elevated privileges nobody is', async (scope) => {
  const foo = scope.container({ config: [`lxc.seccomp.profile = ${common}`] });
  await foo.start();
  expect(await filters(foo, undefined, ['-u', '1000', '-g', '1000'])).toBe('2');
  expect(await filters(foo, undefined, ['-e'])).toBe('0');
  expect(await filters(foo, undefined, ['-eCAP'])).toBe('2');
});

test('The legacy key lxc.seccomp and the words of old policies work', async (scope) => {
  const file = policy(scope, '2', 'blacklist', '[all]', 'mkdir errno 42', 'mkdirat errno 42');
  const foo = scope.container({ config: [`lxc.seccomp.profile = ${file}`] });
  await foo.start();
  expect((await foo.attach(['mkdir', '/tmp/a'])).stderr).toContain('No message of desired type');
});

test('An allowlist kills whoever makes another call', async (scope) => {
  const calls = `read write open openat close fstat newfstatat mmap mprotect munmap brk execve arch_prctl set_tid_address
    set_robust_list rseq prlimit64 readlink readlinkat getrandom prctl getuid geteuid getgid getegid exit_group exit ioctl
    writev rt_sigaction rt_sigprocmask poll ppoll wait4 clock_nanosleep nanosleep fork clone vfork getdents64 stat lstat
    uname getpid getppid getpgrp setpgid getsid umask getcwd readv lseek rename fcntl getrlimit access faccessat statx
    setgroups setresuid setresgid setuid setgid capget capset dup2 dup3 setsid sendto sendmsg recvmsg personality`;
  const file = policy(scope, '2', 'allowlist', '[all]', ...calls.split(/\s+/));
  const foo = scope.container({
    config: [`lxc.seccomp.profile = ${file}`, 'lxc.init.cmd = /bin/sleep 1000'],
  });
  await foo.start();
  expect((await foo.attach(['echo', 'alive'])).stdout).toBe('alive\n');
  expect((await foo.attach(['hostname', 'other'])).status).toBe(128 + 31);
});

test('Conditions on arguments decide', async (scope) => {
  const file = policy(
    scope,
    '2',
    'denylist',
    'kill errno 95 [1,10,==]',
    'kill errno 97 [1,12,SCMP_CMP_MASKED_EQ,0xff]',
  );
  const foo = scope.container({ config: [`lxc.seccomp.profile = ${file}`] });
  await foo.start();
  const said = async (signal: string) => (await foo.attach(['sh', '-c', `kill -${signal} $$`])).stderr;
  expect(await said('USR1')).toContain('Operation not supported');
  expect(await said('USR2')).toContain('Address family not supported');
  expect(await said('0')).toBe('');
});

test('A start under a policy that cannot be read fails', async (scope) => {
  const foo = scope.container({ config: ['lxc.seccomp.profile = /nowhere'] });
  expect((await foo.run('start', ['-d'])).status).toBe(1);
  const wrong = policy(scope, '2', 'denylist', 'mkdir errno', 'rmdir');
  foo.writeConfig([...foo.baseConfig(), `lxc.seccomp.profile = ${wrong}`]);
  expect((await foo.run('start', ['-d'])).status).toBe(1);
});

test('A call that is not known is skipped, the rules around it hold', async (scope) => {
  const file = policy(scope, '2', 'denylist', 'mkdirr errno 1', 'mkdir errno 42', 'mkdirat errno 42');
  const foo = scope.container({ config: [`lxc.seccomp.profile = ${file}`] });
  await foo.start();
  expect((await foo.attach(['mkdir', '/tmp/a'])).stderr).toContain('No message of desired type');
});

testOurs(
  'Errors and skipped rules are told with the line of the policy',
  'C LXC says it in its log',
  async (scope) => {
    const file = policy(scope, '2', 'denylist', 'mkdirr errno 1');
    const foo = scope.container({ config: [`lxc.seccomp.profile = ${file}`] });
    const started = await foo.run('start', ['-d']);
    expect(started.stderr).toContain(`${file}:3: lxc.seccomp.profile: there is no system call mkdirr here`);
    expect(started.status).toBe(0);
    await foo.stop();
    const wrong = policy(scope, '2', 'denylist', '', 'mkdir errno');
    foo.writeConfig([...foo.baseConfig(), `lxc.seccomp.profile = ${wrong}`]);
    const failed = await foo.run('start', ['-d']);
    expect(failed.stderr).toContain(`${wrong}:4: Failed to read the seccomp policy: "errno" needs a number`);
    const deadly = policy(scope, '2', 'denylist', 'execve kill');
    foo.writeConfig([...foo.baseConfig(), `lxc.seccomp.profile = ${deadly}`]);
    const killed = await foo.run('start', ['-d']);
    expect(killed.stderr).toContain('its seccomp policy forbids a system call that this needs');
  },
);

test('A caller under a filter starts containers without their policy unless nesting is allowed', async (scope) => {
  const foo = scope.container({ config: [`lxc.seccomp.profile = ${common}`] });
  const start = () =>
    run(join(rootfsTemplate, 'forbidden'), ['under', join(binDir, 'lxc-start'), '-n', foo.name, '-d']);
  const count = async () => {
    const status = readFileSync(`/proc/${await foo.initPid()}/status`, 'utf8');
    return /^Seccomp_filters:\s*(\d+)/m.exec(status)?.[1];
  };
  expect((await start()).status).toBe(0);
  expect(await count()).toBe('1');
  await foo.stop();
  foo.configure('lxc.seccomp.allow_nesting = 1');
  expect((await start()).status).toBe(0);
  expect(await count()).toBe('2');
});

interface Proxy {
  /** What it was asked, line by line, once it has ended. */
  asked(): Promise<readonly string[]>;
}

async function proxy(scope: Scope, socket: string, count: number, errno: string): Promise<Proxy> {
  const child = startProcess(join(rootfsTemplate, 'proxy'), [
    socket,
    String(count),
    String(errnoNumber(errno)),
  ]);
  scope.defer(() => void child.kill('SIGKILL'));
  let said = '';
  child.stdout?.on('data', (text) => {
    said += String(text);
  });
  await eventually(() => said.includes('listening'), 'the proxy listens');
  const ended = finished(child, 'proxy');
  return {
    asked: async () => {
      await ended;
      return said.trim().split('\n').slice(1);
    },
  };
}

function asking(scope: Scope): { readonly foo: Container; readonly socket: string } {
  const socket = join(scope.directory(), 'socket');
  const file = policy(scope, '2', 'denylist', 'mkdir notify', 'mkdirat notify [0,1,==]');
  const foo = scope.container({
    config: [
      `lxc.seccomp.profile = ${file}`,
      `lxc.seccomp.notify.proxy = unix:${socket}`,
      'lxc.seccomp.notify.cookie = biscuit',
    ],
  });
  return { foo, socket };
}

test('A proxy decides about calls that notify', async (scope) => {
  const { foo, socket } = asking(scope);
  const { asked } = await proxy(scope, socket, 2, 'EBUSY');
  await foo.start();
  for (const path of ['/tmp/one', '/tmp/two'])
    expect((await foo.attach(['mkdir', path])).stderr).toContain('Device or resource busy');
  // The third is taken and not answered.
  expect((await foo.attach(['mkdir', '/tmp/three'])).stderr).toContain('Function not implemented');
  expect(await asked()).toEqual(['biscuit 3 /tmp/one', 'biscuit 3 /tmp/two', 'biscuit 3 /tmp/three']);
});

test('A proxy may let a call go on, and one that was started anew is found', async (scope) => {
  const { foo, socket } = asking(scope);
  const first = await proxy(scope, socket, 1, 'EPERM');
  await foo.start();
  expect((await foo.attach(['mkdir', '/tmp/one'])).stderr).toContain('Operation not permitted');
  expect((await foo.attach(['mkdir', '/tmp/two'])).status).toBe(1);
  expect(await first.asked()).toHaveLength(2);
  const second = await proxy(scope, socket, 1, '');
  expect((await foo.attach(['mkdir', '/tmp/three'])).status).toBe(0);
  expect(foo.entries('tmp')).toEqual(['three']);
  await foo.stop();
  expect(await second.asked()).toEqual(['biscuit 3 /tmp/three']);
});

testOurs(
  'A container starts without its proxy, which may come later',
  'C LXC ends such a container',
  async (scope) => {
    const { foo, socket } = asking(scope);
    await foo.start();
    expect((await foo.attach(['mkdir', '/tmp/one'])).stderr).toContain('Function not implemented');
    const { asked } = await proxy(scope, socket, 1, 'EBUSY');
    expect((await foo.attach(['mkdir', '/tmp/two'])).stderr).toContain('Device or resource busy');
    await foo.stop();
    expect(await asked()).toEqual(['biscuit 3 /tmp/two']);
  },
);

testOurs('Calls that notify nobody fail at once', 'C LXC lets them wait for ever', async (scope) => {
  const file = policy(scope, '2', 'denylist', 'mkdir notify', 'mkdirat notify');
  const foo = scope.container({ config: [`lxc.seccomp.profile = ${file}`] });
  await foo.start();
  expect((await foo.attach(['mkdir', '/tmp/a'])).stderr).toContain('Function not implemented');
});
