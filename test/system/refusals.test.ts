/** Bad input and a host that cannot: one message with its place, the right exit code, nothing left behind. */

import { mkdirSync, rmdirSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { binDir, run } from './harness/commands.ts';
import type { Container } from './harness/container.ts';
import type { Scope } from './harness/scope.ts';
import { testOurs } from './harness/suite.ts';

const reason = 'our words';

interface Refusal {
  readonly title: string;
  /** Line 4 of the configuration, behind the three of the base. */
  readonly line: string;
  readonly message: RegExp;
}

const refusals: readonly Refusal[] = [
  { title: 'A wrong key', line: 'lxc.uts.nam = x', message: /config:4: .*lxc\.uts\.nam.*lxc\.uts\.name/ },
  { title: 'A bad value', line: 'lxc.autodev = maybe', message: /config:4: .*maybe.*lxc\.autodev/ },
  { title: 'A line without =', line: 'lxc.uts.name foo', message: /config:4: / },
  {
    title: 'A missing root file system',
    line: 'lxc.rootfs.path = dir:/nosuch/root',
    message: /config:4: .*\/nosuch\/root/,
  },
  {
    title: 'A hook that fails',
    line: 'lxc.hook.pre-start = /bin/false',
    message: /config:4: .*\/bin\/false/,
  },
  {
    title: 'A missing source of a mount',
    line: 'lxc.mount.entry = /nosuch srv none bind 0 0',
    message: /config:4: .*\/nosuch.*srv.*No such file/,
  },
  {
    title: 'A missing target of a mount',
    line: 'lxc.mount.entry = tmpfs nosuch tmpfs defaults 0 0',
    message: /config:4: .*nosuch.*create=dir/,
  },
  {
    title: 'An init that does not exist',
    line: 'lxc.init.cmd = /nosuch',
    message: /config:4: .*there is no \/nosuch in the container/,
  },
  {
    title: 'An init that is not executable',
    line: 'lxc.init.cmd = /etc/passwd',
    message: /config:4: .*\/etc\/passwd is not executable/,
  },
  {
    title: 'A limit that the kernel refuses',
    line: 'lxc.cgroup.cpu.shares = many',
    message: /config:4: .*cpu\.shares/,
  },
  {
    title: 'An unknown cgroup file',
    line: 'lxc.cgroup.memory.nosuch = 1',
    message: /config:4: .*memory\.nosuch/,
  },
];

async function refused(foo: Container, message: RegExp): Promise<void> {
  const started = await foo.run('start', ['-d']);
  expect(started.stdout).toBe('');
  expect(started.stderr).toMatch(message);
  expect(started.stderr.trim().split('\n')).toHaveLength(1);
  expect(started.stderr).toMatch(/^lxc-start: /);
  expect(started.status).toBe(1);
}

for (const { title, line, message } of refusals) {
  testOurs(`${title} gives one message and leaves nothing`, reason, async (scope) => {
    await refused(scope.container({ config: [line] }), message);
  });
}

testOurs('A hook inside that fails gives one message with what it wrote', reason, async (scope) => {
  const foo = scope.container({ config: ['lxc.hook.mount = $ROOTFS/hook'] });
  foo.script('/hook', 'echo because >&2; exit 9');
  await refused(foo, /config:4: .*hook.*because/);
});

testOurs('A missing bridge gives one message and leaves nothing', reason, async (scope) => {
  const foo = scope.container({ config: ['lxc.net.0.type = veth', 'lxc.net.0.link = nosuchbr'] });
  await refused(foo, /config:5: .*nosuchbr/);
});

testOurs('An unknown interface gives one message and leaves nothing', reason, async (scope) => {
  const foo = scope.container({ config: ['lxc.net.0.type = macvlan', 'lxc.net.0.link = nosuchif'] });
  await refused(foo, /config:5: .*nosuchif/);
});

testOurs('Of two starts at once one wins and the other says so', reason, async (scope) => {
  const foo = scope.container();
  const both = await Promise.all([foo.run('start', ['-d']), foo.run('start', ['-d'])]);
  expect(both.map((one) => one.status)).toContain(0);
  expect(both.map((one) => one.stderr).join('')).toMatch(/already running/);
  expect(await foo.state()).toBe('RUNNING');
});

testOurs('A caller without permission gets one message', reason, async (scope) => {
  const foo = scope.container();
  const asUser = [
    '--reuid=1000',
    '--regid=1000',
    '--clear-groups',
    `${binDir}/lxc-start`,
    '-n',
    foo.name,
    '-P',
    '/var/lib/lxc',
    '-d',
  ];
  const started = await run('setpriv', asUser, { env: { HOME: '/tmp' } });
  expect(started.status).toBe(1);
  expect(started.stderr).toMatch(/[Pp]ermi|root|not permitted/);
});

testOurs(
  'A full cgroup (cgroup.max.descendants) gives one message and leaves nothing',
  reason,
  async (scope) => {
    const dir = `/sys/fs/cgroup/unified/${cgroup(scope)}`;
    mkdirSync(dir);
    scope.defer(() => rmdirSync(dir));
    writeFileSync(`${dir}/cgroup.max.descendants`, '0');
    const name = scope.name();
    scope.defer(() => removeEverywhere(dir.slice(dir.lastIndexOf('/') + 1)));
    const foo = scope.container({
      name,
      config: [`lxc.cgroup.dir = ${dir.slice(dir.lastIndexOf('/') + 1)}`],
    });
    await refused(foo, /cgroup.*(Resource temporarily unavailable|max\.descendants)/);
  },
);

testOurs(
  'A full cgroup of the caller (pids.max) gives one message and leaves nothing',
  reason,
  async (scope) => {
    const dir = `/sys/fs/cgroup/pids/${cgroup(scope)}`;
    mkdirSync(dir);
    scope.defer(() => rmdirSync(dir));
    writeFileSync(`${dir}/pids.max`, '1');
    const foo = scope.container();
    await foo.state();
    const script = `echo 0 > ${dir}/cgroup.procs; exec ${binDir}/lxc-start -n ${foo.name} -d`;
    const started = await run('/bin/sh', ['-c', script]);
    expect(started.status).toBe(1);
    expect(started.stderr).toMatch(/Resource temporarily unavailable|planner process/);
    expect(await foo.state()).toBe('STOPPED');
  },
);

testOurs('A full disk under /run gives one message and leaves nothing', reason, async (scope) => {
  const foo = scope.container();
  await run('mount', ['-t', 'tmpfs', '-o', 'size=4k,mode=700', 'tmpfs', '/run/lxc-ts']);
  scope.defer(async () => {
    await run('umount', ['-l', '/run/lxc-ts']);
  });
  writeFileSync('/run/lxc-ts/filler', 'x'.repeat(4096));
  const started = await foo.run('start', ['-d']);
  expect(started.status).toBe(1);
  expect(started.stderr).toMatch(/No space left on device/);
});

function cgroup(scope: Scope): string {
  return `${scope.name()}-full`;
}

function removeEverywhere(name: string): void {
  for (const controller of [
    'cpu',
    'cpuacct',
    'cpuset',
    'memory',
    'devices',
    'freezer',
    'blkio',
    'pids',
    'systemd',
  ]) {
    for (const path of [
      `/sys/fs/cgroup/${controller}/${name}/lxc.pivot`,
      `/sys/fs/cgroup/${controller}/${name}`,
    ]) {
      try {
        rmdirSync(path);
      } catch {
        // It was never made there.
      }
    }
  }
}
