/** Containers of an ordinary user. */

import { chmodSync, existsSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { binDir, run } from './harness/commands.ts';
import { heldLock } from './harness/held-lock.ts';
import type { Scope } from './harness/scope.ts';
import { test, testOurs } from './harness/suite.ts';
import { ordinaryUser, User } from './harness/user.ts';
import { hierarchies } from './harness/world.ts';

const { first } = ordinaryUser;
const maps = [`lxc.idmap = u 0 ${first} 65536`, `lxc.idmap = g 0 ${first} 65536`];
/** Its cgroups in every hierarchy that is delegated, as directories. */
function payloadsOf(pid: number, mark: string): readonly string[] {
  const lines = readFileSync(`/proc/${pid}/cgroup`, 'utf8').trim().split('\n');
  const paths = lines.map((line) => line.split(':')[2] ?? '').filter((path) => path.includes(mark));
  const dirs = hierarchies().flatMap((top) => paths.map((path) => join(top, path)));
  return [...new Set(dirs.filter((dir) => existsSync(dir)))];
}

const needsPath = 'it asks for x permission on every directory of the path';

function userOf(scope: Scope): User {
  const user = new User(scope);
  scope.defer(async () => {
    await user.lxc('stop', ['-n', 'web', '-k']);
  });
  return user;
}

testOurs(
  'A user starts, looks at, freezes and stops a container in a home that is closed to others',
  needsPath,
  async (scope) => {
    const user = userOf(scope);
    user.delegate(scope);
    const rootfs = await user.container('web', [
      ...maps,
      'lxc.pty.max = 16',
      'lxc.cgroup.memory.limit_in_bytes = 64M',
    ]);
    expect(await user.lxc('start', ['-n', 'web', '-d'])).toMatchObject({ stderr: '', status: 0 });
    expect((await user.lxc('info', ['-n', 'web', '-s', '-H'])).stdout).toBe('RUNNING\n');
    const pid = Number((await user.lxc('info', ['-n', 'web', '-p', '-H'])).stdout);
    expect(statSync(`/proc/${pid}`).uid).toBe(first);
    expect(readFileSync(`/proc/${pid}/cgroup`, 'utf8')).toMatch(/memory:.*-delegated\/lxc\.payload\.web\n/);
    expect((await user.lxc('cgroup', ['-n', 'web', 'memory.limit_in_bytes'])).stdout.trim()).toBe(
      `${64 << 20}`,
    );
    for (const dir of payloadsOf(pid, '-delegated')) {
      expect(statSync(dir)).toMatchObject({ uid: ordinaryUser.id, gid: first, mode: 0o40775 });
      expect(statSync(join(dir, 'cgroup.procs'))).toMatchObject({ gid: first, mode: 0o100664 });
      // The root of the container makes a cgroup below, and no limit is his.
      const asRoot = ['--reuid', `${first}`, '--regid', `${first}`, '--clear-groups'];
      expect((await run('setpriv', [...asRoot, 'mkdir', join(dir, 'below')])).status).toBe(0);
      expect((await run('rmdir', [join(dir, 'below')])).status).toBe(0);
    }
    expect((await user.lxc('ls', ['-f', '-F', 'NAME,STATE,UNPRIVILEGED'])).stdout).toMatch(
      /web +RUNNING +true/,
    );
    for (const [verb, state] of [
      ['freeze', 'FROZEN'],
      ['unfreeze', 'RUNNING'],
    ] as const) {
      expect(await user.lxc(verb, ['-n', 'web'])).toMatchObject({ stderr: '', status: 0 });
      expect((await user.lxc('info', ['-n', 'web', '-s', '-H'])).stdout).toBe(`${state}\n`);
    }
    const made = await user.lxc('attach', ['-n', 'web', '--', 'sh', '-c', 'id -u; id -G; touch /out/mine']);
    expect(made).toMatchObject({ stdout: '0\n0\n', stderr: '', status: 0 });
    expect(statSync(join(rootfs, 'out/mine')).uid).toBe(first);
    const terminal = `${binDir}/lxc-attach -n web -- sh -c 'tty; exit 3'`;
    const typed = await user.run(['script', '-qec', terminal, '/dev/null'], { input: '' });
    expect(typed.stdout).toContain('/dev/pts/');
    expect(typed.status).toBe(3);
    expect(await user.lxc('stop', ['-n', 'web', '-k'])).toMatchObject({ stderr: '', status: 0 });
    expect((await user.lxc('info', ['-n', 'web', '-s', '-H'])).stdout).toBe('STOPPED\n');
  },
);

testOurs(
  'A user whose cgroups are those of root starts, and is told what he cannot have',
  'it needs cgroups',
  async (scope) => {
    const user = userOf(scope);
    await user.container('web', maps);
    const started = await user.lxc('start', ['-n', 'web', '-d']);
    expect(started.status).toBe(0);
    expect(started.stderr).toContain('no cgroup is delegated to ordinary');
    expect(started.stderr).toContain('systemd-run --user --scope -p Delegate=yes');
    expect((await user.lxc('attach', ['-n', 'web', '--', 'id', '-u'])).stdout).toBe('0\n');
    const info = await user.lxc('info', ['-n', 'web']);
    expect(info.stdout).not.toContain('Memory use');
    expect((await user.lxc('freeze', ['-n', 'web'])).stderr).toContain('Delegate=yes');
    await user.container('limited', [...maps, 'lxc.cgroup.memory.limit_in_bytes = 64M']);
    const refused = await user.lxc('start', ['-n', 'limited', '-d']);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(/config:6: .*no cgroup of memory is delegated to this user.*Delegate=yes/);
  },
);

testOurs('A user may map his own ids among those that he was given', needsPath, async (scope) => {
  const user = userOf(scope);
  const { id } = ordinaryUser;
  const lines = ['u', 'g'].flatMap((type) => [
    `lxc.idmap = ${type} 0 ${first} 1000`,
    `lxc.idmap = ${type} 1000 ${id} 1`,
    `lxc.idmap = ${type} 1001 ${first + 1001} 1000`,
  ]);
  await user.container('web', lines);
  expect((await user.lxc('start', ['-n', 'web', '-d'])).status).toBe(0);
  const pid = Number((await user.lxc('info', ['-n', 'web', '-p', '-H'])).stdout);
  expect(readFileSync(`/proc/${pid}/uid_map`, 'utf8')).toMatch(new RegExp(`1000 +${id} +1\n`));
  expect(readFileSync(`/proc/${pid}/setgroups`, 'utf8')).toBe('allow\n');
  expect((await user.lxc('attach', ['-n', 'web', '-u', '1000', '-g', '1000', '--', 'id', '-u'])).stdout).toBe(
    '1000\n',
  );
});

test('What a user lacks is refused', async (scope) => {
  const user = userOf(scope);
  for (const lines of [
    [],
    [`lxc.idmap = u 0 900000 65536`, maps[1] ?? ''],
    [...maps, 'lxc.net.0.type = macvlan', 'lxc.net.0.link = lo'],
  ]) {
    await user.container('web', lines);
    expect((await user.lxc('start', ['-n', 'web', '-d'])).status).toBe(1);
  }
});

testOurs('A user who was given nothing maps himself', needsPath, async (scope) => {
  const user = userOf(scope);
  const { id } = ordinaryUser;
  await user.container('web', [`lxc.idmap = u 0 ${id} 1`, `lxc.idmap = g 0 ${id} 1`]);
  expect(await user.lxc('start', ['-n', 'web', '-d'])).toMatchObject({ status: 0 });
  const pid = Number((await user.lxc('info', ['-n', 'web', '-p', '-H'])).stdout);
  expect(readFileSync(`/proc/${pid}/setgroups`, 'utf8')).toBe('deny\n');
  expect(await user.lxc('attach', ['-n', 'web', '--', 'id', '-u'])).toMatchObject({
    stdout: '0\n',
    stderr: '',
  });
});

testOurs('What a user lacks is told with its cure', 'it says "failed to start"', async (scope) => {
  const user = userOf(scope);
  const cases = [
    [
      [],
      `Failed to start as user ordinary: no ids are mapped; add lxc.idmap = u 0 ${first} 65536 and lxc.idmap = g 0 ${first} 65536`,
    ],
    [
      ['lxc.idmap = u 0 900000 65536', maps[1] ?? ''],
      `config:4: Failed to map u 0 900000 65536: the user ids 900000-965535 are not given to ordinary; /etc/subuid gives ${first}-${first + 65535}`,
    ],
    [
      [...maps, 'lxc.net.0.type = macvlan', 'lxc.net.0.link = br0'],
      'config:6: Failed to make an interface of type macvlan as user ordinary: only root can',
    ],
  ] as const;
  for (const [lines, message] of cases) {
    await user.container('web', lines);
    const { stderr } = await user.lxc('start', ['-n', 'web', '-d']);
    expect(stderr).toContain(message);
  }
});

testOurs('A user creates a container and destroys it', needsPath, async (scope) => {
  const user = userOf(scope);
  const given = join(user.home, 'run/web.conf');
  writeFileSync(given, `${maps.join('\n')}\nlxc.net.0.type = empty\n`);
  const created = await user.lxc('create', ['-n', 'web', '-f', given, '-t', 'busybox']);
  expect(created).toMatchObject({ stderr: '', status: 0 });
  expect(statSync(join(user.lxcpath, 'web/rootfs/bin')).uid).toBe(first);
  expect(statSync(join(user.lxcpath, 'web/config')).uid).toBe(ordinaryUser.id);
  expect((await user.lxc('start', ['-n', 'web', '-d'])).status).toBe(0);
  expect((await user.lxc('attach', ['-n', 'web', '--', 'id', '-u'])).stdout).toBe('0\n');
  expect((await user.lxc('stop', ['-n', 'web', '-k'])).status).toBe(0);
  expect(await user.lxc('destroy', ['-n', 'web'])).toMatchObject({ stderr: '', status: 0 });
  expect(existsSync(join(user.lxcpath, 'web'))).toBe(false);
  writeFileSync(given, 'lxc.net.0.type = empty\n');
  const refused = await user.lxc('create', ['-n', 'web', '-f', given, '-t', 'busybox']);
  expect(refused.stderr).toContain(`it maps no ids; add lxc.idmap = u 0 ${first} 65536`);
});

testOurs(
  'A user is told of a creation by C LXC that goes on, and rid of one that died',
  needsPath,
  async (scope) => {
    const user = userOf(scope);
    await user.container('web', maps);
    const partial = join(user.lxcpath, 'web/partial');
    // With that mode only root can open it, as which the holder runs.
    writeFileSync(partial, '', { mode: 0 });
    await run('chown', [String(ordinaryUser.id), partial]);
    const letGo = await heldLock(scope, partial);
    const start = () => user.lxc('start', ['-n', 'web', '-d']);
    expect(await start()).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('web: it is being created'),
    });
    await letGo();
    expect((await start()).stderr).toContain('its creation was never finished, so it was removed');
    expect(existsSync(join(user.lxcpath, 'web'))).toBe(false);
  },
);

testOurs("Debian's common.conf and userns.conf work for a user", needsPath, async (scope) => {
  const user = userOf(scope);
  const include = (file: string) => `lxc.include = /usr/share/lxc/config/${file}.conf`;
  const mark = `lxc.hook.mount = sh -c 'id -u > $LXC_ROOTFS_MOUNT/out/hook'`;
  const rootfs = await user.container('web', [include('common'), include('userns'), mark, ...maps]);
  expect(await user.lxc('start', ['-n', 'web', '-d'])).toMatchObject({ status: 0 });
  expect(readFileSync(join(rootfs, 'out/hook'), 'utf8')).toBe('0\n');
  expect((await user.lxc('attach', ['-n', 'web', '--', 'cat', '/proc/mounts'])).stdout).toContain(
    ' /sys sysfs rw',
  );
});

testOurs('A user waits for, lists and cannot destroy what runs', needsPath, async (scope) => {
  const user = userOf(scope);
  user.delegate(scope);
  await user.container('web', maps);
  await user.container('other', maps);
  expect((await user.lxc('start', ['-n', 'web', '-d'])).status).toBe(0);
  expect((await user.lxc('wait', ['-n', 'web', '-s', 'RUNNING', '-t', '20'])).status).toBe(0);
  expect((await user.lxc('ls', ['-1'])).stdout).toBe('other\nweb\n');
  expect((await user.lxc('ls', ['--running', '-1'])).stdout).toBe('web\n');
  expect(await user.lxc('destroy', ['-n', 'web'])).toMatchObject({
    stderr: expect.stringContaining('web is running'),
    status: 1,
  });
  expect((await user.lxc('stop', ['-n', 'web', '-k'])).status).toBe(0);
  expect((await user.lxc('wait', ['-n', 'web', '-s', 'STOPPED', '-t', '20'])).status).toBe(0);
  for (const name of ['web', 'other'])
    expect(await user.lxc('destroy', ['-n', name])).toMatchObject({ stderr: '', status: 0 });
  expect((await user.lxc('ls', [])).stdout).toBe('');
});

testOurs('A user has a root file system on an overlay', needsPath, async (scope) => {
  const user = userOf(scope);
  // Two directories of the way are closed to everybody but him and the root of his containers.
  const rootfs = await user.container('web', maps);
  const dir = join(user.lxcpath, 'web');
  await run('chown', ['-R', `${first}:${ordinaryUser.id}`, dir]);
  for (const path of [user.home, join(user.home, '.local'), join(user.home, '.local/share'), user.lxcpath])
    chmodSync(path, 0o711);
  chmodSync(dir, 0o770);
  await run('chown', ['-R', `${first}:${first}`, rootfs]);
  const config = join(dir, 'config');
  const text = readFileSync(config, 'utf8')
    .replace('dir:', 'overlay:')
    .replace(rootfs, `${rootfs}:${dir}/delta`);
  writeFileSync(config, text);
  const started = await user.lxc('start', ['-n', 'web', '-d']);
  expect(started.status, started.stderr).toBe(0);
  const done = await user.lxc('attach', [
    '-n',
    'web',
    '--',
    'sh',
    '-c',
    'echo new > /out/mine; cat /out/mine',
  ]);
  expect(done).toMatchObject({ stdout: 'new\n', status: 0 });
  expect(existsSync(join(rootfs, 'out/mine'))).toBe(false);
  expect(statSync(join(dir, 'delta/out/mine')).uid).toBe(first);
});
