/** Hooks: when they run, where, with which arguments and environment. */

import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import type { Container } from './harness/container.ts';
import { eventually } from './harness/eventually.ts';
import { test } from './harness/suite.ts';

const outside = ['pre-start', 'start-host', 'stop', 'post-stop'] as const;
const building = ['pre-mount', 'mount', 'autodev'] as const;

/** A hook on the host that appends what it was called with. `$0` names the log: KIND.log beside it. */
const recorder = `#!/bin/sh
{ echo "args: $*"; env | sort; echo "mnt: $(readlink /proc/self/ns/mnt)"; echo "cwd: $(pwd)"; } > "$0.log"
`;

function addHooks(container: Container, kinds: readonly string[], extra = ''): void {
  for (const kind of kinds) {
    writeFileSync(`${container.dir}/${kind}`, recorder, { mode: 0o755 });
    container.configure(`lxc.hook.${kind} = ${container.dir}/${kind}${extra}`);
  }
}

interface Call {
  readonly args: string;
  readonly mnt: string;
  readonly env: Readonly<Record<string, string>>;
}

async function called(container: Container, kind: string): Promise<Call> {
  const file = `${container.dir}/${kind}.log`;
  await eventually(
    () => existsSync(file) && readFileSync(file, 'utf8').includes('cwd: '),
    `the ${kind} hook ran`,
  );
  const lines = readFileSync(file, 'utf8').split('\n');
  const value = (start: string) => lines.find((line) => line.startsWith(start))?.slice(start.length) ?? '';
  const env = Object.fromEntries(
    lines
      .filter((line) => /^[A-Z_]+=/.test(line))
      .map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  );
  return { args: value('args: '), mnt: value('mnt: '), env };
}

test('Every hook of version 0 gets name, section and type as arguments', async (scope) => {
  const foo = scope.container();
  addHooks(foo, [...outside, ...building], ' extra "two words"');
  await foo.start();
  await foo.probe();
  await foo.stop();
  for (const kind of [...outside, ...building]) {
    const { args } = await called(foo, kind);
    if (kind === 'stop') expect(args).toMatch(new RegExp(`^extra two words ${foo.name} lxc stop `));
    else expect(args).toBe(`extra two words ${foo.name} lxc ${kind}`);
  }
});

test('Every hook of version 1 gets them in its environment and only its own arguments', async (scope) => {
  const foo = scope.container({ config: ['lxc.hook.version = 1'] });
  addHooks(foo, [...outside, ...building], ' extra');
  await foo.start();
  await foo.probe();
  await foo.stop();
  for (const kind of [...outside, ...building]) {
    const { args, env } = await called(foo, kind);
    expect(args).toBe('extra');
    expect(env).toMatchObject({ LXC_HOOK_TYPE: kind, LXC_HOOK_SECTION: 'lxc', LXC_HOOK_VERSION: '1' });
  }
});

test('Hooks know the container by their environment', async (scope) => {
  const foo = scope.container();
  addHooks(foo, [...outside, ...building]);
  await foo.start();
  await foo.probe();
  const init = await foo.initPid();
  await foo.stop();
  for (const kind of [...outside, ...building]) {
    const { env } = await called(foo, kind);
    expect(env).toMatchObject({
      LXC_NAME: foo.name,
      LXC_CONFIG_FILE: foo.configFile,
      LXC_ROOTFS_PATH: foo.rootfs,
      LXC_CGNS_AWARE: '1',
      LXC_HOOK_VERSION: '0',
    });
    expect(env.LXC_ROOTFS_MOUNT).toMatch(/^\//);
  }
  expect((await called(foo, 'start-host')).env.LXC_PID).toBe(String(init));
  expect((await called(foo, 'stop')).env.LXC_TARGET).toBe('stop');
  expect((await called(foo, 'post-stop')).env.LXC_TARGET).toBe('stop');
});

test('Host hooks run in the namespaces of the host and building hooks in those of the container', async (scope) => {
  const foo = scope.container();
  addHooks(foo, [...outside, ...building]);
  await foo.start();
  await foo.probe();
  const [host, container] = [foo.namespace('mnt', process.pid), foo.namespace('mnt', await foo.initPid())];
  await foo.stop();
  for (const kind of outside) expect((await called(foo, kind)).mnt).toBe(host);
  for (const kind of building) expect((await called(foo, kind)).mnt).toBe(container);
});

test('The stop hook of version 0 gets the namespaces of the container as arguments', async (scope) => {
  const foo = scope.container();
  addHooks(foo, ['stop']);
  await foo.start();
  await foo.stop();
  const { args } = await called(foo, 'stop');
  for (const kind of ['mnt', 'pid', 'uts', 'ipc', 'net'])
    expect(args).toMatch(new RegExp(` ${kind}:/proc/\\d+/fd/\\d+`));
});

test('The stop hook of version 1 gets them in its environment', async (scope) => {
  const foo = scope.container({ config: ['lxc.hook.version = 1'] });
  addHooks(foo, ['stop']);
  await foo.start();
  await foo.stop();
  const { env } = await called(foo, 'stop');
  for (const kind of ['MNT', 'PID', 'UTS', 'IPC', 'NET'])
    expect(env[`LXC_${kind}_NS`]).toMatch(/^\/proc\/\d+\/fd\/\d+$/);
});

test('A mount hook sees the root file system at LXC_ROOTFS_MOUNT and can mount into it', async (scope) => {
  const foo = scope.container({ config: ['lxc.hook.mount = $DIR/mount'] });
  writeFileSync(`${foo.dir}/mount`, '#!/bin/sh\nmount -t tmpfs hooked "$LXC_ROOTFS_MOUNT/srv"\n', {
    mode: 0o755,
  });
  await foo.start();
  expect((await foo.probe()).mountinfo).toContain(' /srv rw,relatime');
});

test('An autodev hook can add nodes to /dev', async (scope) => {
  const foo = scope.container({ config: ['lxc.hook.autodev = $DIR/autodev'] });
  writeFileSync(`${foo.dir}/autodev`, '#!/bin/sh\nmknod -m 600 "$LXC_ROOTFS_MOUNT/dev/extra" c 1 11\n', {
    mode: 0o755,
  });
  await foo.start();
  expect((await foo.probe()).dev.extra).toMatchObject({ type: 'c', device: '1:11', mode: '600' });
});

test('A start hook runs inside the container before init', async (scope) => {
  const foo = scope.container({ config: ['lxc.hook.start = /hook'] });
  foo.script(
    '/hook',
    'echo "$* $LXC_NAME $(hostname)" > /out/hook; test ! -e /out/probe.json && echo before >> /out/hook',
  );
  foo.configure('lxc.uts.name = foo');
  await foo.start();
  await foo.probe();
  expect(foo.read('out/hook')).toBe(`${foo.name} lxc start ${foo.name} foo\nbefore\n`);
});

test('lxc.environment is seen by the hooks inside only', async (scope) => {
  const foo = scope.container({ config: ['lxc.environment = MINE=yes'] });
  addHooks(foo, ['pre-start', 'mount']);
  await foo.start();
  await foo.probe();
  expect((await called(foo, 'pre-start')).env.MINE).toBeUndefined();
  expect((await called(foo, 'mount')).env.MINE).toBe('yes');
});

test('Several hooks of a kind run in their order', async (scope) => {
  const foo = scope.container();
  for (const number of [1, 2, 3]) {
    writeFileSync(`${foo.dir}/h${number}`, `#!/bin/sh\necho ${number} >> ${foo.dir}/order\n`, {
      mode: 0o755,
    });
    foo.configure(`lxc.hook.pre-start = ${foo.dir}/h${number}`);
  }
  await foo.start();
  expect(readFileSync(`${foo.dir}/order`, 'utf8')).toBe('1\n2\n3\n');
});

for (const kind of ['pre-start', 'pre-mount', 'mount', 'autodev', 'start-host', 'start']) {
  test(`A ${kind} hook that fails stops the start`, async (scope) => {
    const foo = scope.container({ config: [`lxc.hook.${kind} = ${kind === 'start' ? '' : '$ROOTFS'}/hook`] });
    foo.script('/hook', 'exit 3');
    expect((await foo.run('start', ['-d'])).status).toBe(1);
    expect(await foo.state()).toBe('STOPPED');
    expect(foo.read('out/probe.json')).toBeUndefined();
  });
}

for (const kind of ['stop', 'post-stop']) {
  test(`A ${kind} hook that fails does not hold the stop up`, async (scope) => {
    const foo = scope.container({ config: [`lxc.hook.${kind} = $ROOTFS/hook`] });
    foo.script('/hook', 'exit 3');
    await foo.start();
    await foo.stop();
    expect(await foo.state()).toBe('STOPPED');
  });
}

test('Hooks on a reboot know that it is one', async (scope) => {
  const foo = scope.container();
  addHooks(foo, ['stop', 'post-stop']);
  await foo.start();
  await foo.probe();
  await foo.attach(['/bin/reboot', '-f']);
  expect((await called(foo, 'stop')).env.LXC_TARGET).toBe('reboot');
  expect((await called(foo, 'post-stop')).env.LXC_TARGET).toBe('reboot');
  await eventually(async () => (await foo.state()) === 'RUNNING', 'it runs again');
});

test('With lxc.monitor.unshare a pre-start hook mounts for the container alone', async (scope) => {
  const place = scope.directory();
  const foo = scope.container({
    config: [
      'lxc.monitor.unshare = 1',
      `lxc.hook.pre-start = sh -c 'mount -t tmpfs tmpfs ${place} && touch ${place}/inside'`,
      `lxc.mount.entry = ${place} srv none bind 0 0`,
    ],
  });
  await foo.start();
  await foo.probe();
  expect((await foo.attach(['ls', '/srv'])).stdout).toBe('inside\n');
  expect(readdirSync(place)).toEqual([]);
});
