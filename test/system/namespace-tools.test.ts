/** lxc-unshare and lxc-usernsexec: commands of the host in new namespaces, and as root of other ids. */

import { existsSync, readFileSync, readlinkSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { binDir, cBinDir, finished, lxc, run, start } from './harness/commands.ts';
import { eventually } from './harness/eventually.ts';
import { test, testOurs } from './harness/suite.ts';
import { ordinaryUser, User } from './harness/user.ts';

const { first, id } = ordinaryUser;
const both = 'it compares the two';
const map = ['-m', `b:0:100000:65536`];

test('lxc-unshare runs a command in the namespaces that are named', async () => {
  for (const [word, file] of [
    ['MOUNT', 'mnt'],
    ['UTSNAME', 'uts'],
    ['IPC', 'ipc'],
    ['NETWORK', 'net'],
    ['USER', 'user'],
  ] as const) {
    const { stdout } = await lxc('unshare', ['-s', word, '--', 'readlink', `/proc/self/ns/${file}`]);
    expect(stdout).not.toBe(`${readlinkSync(`/proc/self/ns/${file}`)}\n`);
  }
  const named = await lxc('unshare', [
    '-s',
    'UTSNAME|PID',
    '-H',
    'other',
    '--',
    'sh',
    '-c',
    'hostname; echo $$',
  ]);
  expect(named).toMatchObject({ stdout: 'other\n1\n', status: 0 });
  const user = await lxc('unshare', ['-s', 'USER', '-u', '1000', '--', 'id', '-u']);
  expect(user.stdout).toBe('1000\n');
});

testOurs('lxc-unshare sleeps while its command does', 'it is how long ours waits', async () => {
  const child = start(join(binDir, 'lxc-unshare'), ['-s', 'UTSNAME', '--', 'sleep', '2']);
  const done = finished(child, 'lxc-unshare', {});
  await new Promise((wake) => setTimeout(wake, 1500));
  const [user, system] = readFileSync(`/proc/${child.pid}/stat`, 'utf8').split(' ').slice(13, 15).map(Number);
  // Ticks of 10 ms.
  expect((user ?? 0) + (system ?? 0)).toBeLessThan(20);
  expect((await done).status).toBe(0);
});

testOurs(
  'lxc-unshare moves interfaces in before the command begins',
  'it does so meanwhile',
  async (scope) => {
    await run('ip', ['link', 'add', 'mine', 'type', 'veth', 'peer', 'name', 'minep']);
    scope.defer(async () => {
      await run('ip', ['link', 'delete', 'minep']);
    });
    const { stdout } = await lxc('unshare', ['-s', 'NETWORK', '-i', 'mine', '--', 'cat', '/proc/net/dev']);
    expect(stdout).toContain('mine:');
  },
);

testOurs(
  'lxc-unshare mounts /proc anew, and nothing of it comes out',
  'it leaves a command in a new pid namespace without /proc',
  async () => {
    const script = 'readlink /proc/self; grep -c . /proc/mounts';
    const done = await lxc('unshare', ['-s', 'MOUNT|PID', '-M', '--', 'sh', '-c', script]);
    expect(done).toMatchObject({ stderr: '', status: 0 });
    expect(done.stdout).toMatch(/^[23]\n/);
    expect(readlinkSync('/proc/self')).toBe(String(process.pid));
  },
);

test('lxc-unshare -d does not wait', async (scope) => {
  const file = join(scope.directory(), 'late');
  const done = await lxc('unshare', [
    '-s',
    'IPC',
    '-d',
    '--',
    'sh',
    '-c',
    `exec >&- 2>&-; sleep 1; : > ${file}`,
  ]);
  expect(done.status).toBe(0);
  expect(existsSync(file)).toBe(false);
  await eventually(() => existsSync(file), 'the command goes on');
});

const unshareCases = [
  [],
  ['-s', 'UTSNAME'],
  ['-s', 'FOO', '--', 'true'],
  ['-s', '', '--', 'true'],
  ['-s', 'MOUNT', '-H', 'hi', '--', 'true'],
  ['-s', 'MOUNT', '-i', 'lo', '--', 'true'],
  ['-s', 'UTSNAME', '-M', '--', 'true'],
  ['-s', 'USER', '-u', 'nosuch', '--', 'true'],
  ['-s', 'IPC', '--', 'sh', '-c', 'exit 3'],
  ['-s', 'IPC', '--', 'nosuch'],
  ['-s', 'IPC', '--', '/etc/passwd'],
  ['-s', 'IPC', '--', 'echo', 'hi'],
  ['--bogus'],
  ['--help'],
  ['--usage'],
];

testOurs('lxc-unshare ends as that of LXC for the same arguments', both, async () => {
  await expectSameEnd('unshare', unshareCases);
});

const usernsexecCases = [
  ['-m', 'foo', '--', 'true'],
  ['-m', 'u:0:100000', '--', 'true'],
  ['-m', 'x:0:100000:1', '--', 'true'],
  ['-m', 'u:5:100000:65536', '--', 'true'],
  ['-m', 'u:0:100000:65536', '--', 'true'],
  [...map, '--', 'sh', '-c', 'id -u; id -g; id -G; cat /proc/self/uid_map /proc/self/gid_map; exit 7'],
  [...map, '-s', '--', 'cat', '/proc/self/uid_map', '/proc/self/gid_map'],
  [...map, '--', 'nosuch'],
  [...map, '--', '/etc/passwd'],
  ['--', 'cat', '/proc/self/uid_map'],
  ['-x'],
  ['-h'],
];

testOurs('lxc-usernsexec ends as that of LXC for the same arguments', both, async () => {
  await expectSameEnd('usernsexec', usernsexecCases);
});

/** Both have the same status and standard output, and something to say or nothing. */
async function expectSameEnd(verb: string, cases: readonly (readonly string[])[]): Promise<void> {
  for (const args of cases) {
    const ours = await lxc(verb, args);
    const theirs = await run(join(cBinDir, `lxc-${verb}`), args);
    const what = `lxc-${verb} ${args.join(' ')}: ${ours.stderr}`;
    expect(ours, what).toMatchObject({ status: theirs.status, stdout: theirs.stdout });
    // That of LXC says how it is used on a terminal only.
    if (verb === 'unshare') expect(ours.stderr === '', what).toBe(theirs.stderr === '');
  }
}

test('lxc-usernsexec makes a user root of the ids that he was given', async (scope) => {
  const user = new User(scope);
  const script = `cat /proc/self/uid_map; : > ${user.home}/run/zero; : > ${user.home}/run/seven; chown 7:7 ${user.home}/run/seven`;
  scope.defer(() => rmSync(`${user.home}/run`, { recursive: true, force: true }));
  const own = ['-m', `b:0:${id}:1`, '-m', `b:1:${first}:65536`];
  const done = await user.lxc('usernsexec', [...own, '--', 'sh', '-c', script]);
  expect(done).toMatchObject({ stderr: '', status: 0 });
  expect(done.stdout).toMatch(new RegExp(`^ *0 +${id} +1\n *1 +${first} +65536\n$`));
  expect(statSync(`${user.home}/run/zero`).uid).toBe(id);
  expect(statSync(`${user.home}/run/seven`)).toMatchObject({ uid: first + 6, gid: first + 6 });
  const given = await user.lxc('usernsexec', ['--', 'cat', '/proc/self/uid_map']);
  expect(given.stdout).toMatch(new RegExp(`^ *0 +${first} +65536\n$`));
});

testOurs(
  'lxc-usernsexec tells what a user lacks with its cure',
  'it says "Failed to find" and no more',
  async (scope) => {
    const user = new User(scope);
    const refused = await user.lxc('usernsexec', ['-m', 'b:0:900000:10', '--', 'true']);
    expect(refused.status).toBe(1);
    expect(refused.stderr).toMatch(/newuidmap: uid range .* not allowed; see \/etc\/subuid/);
    const unmapped = await user.lxc('usernsexec', [
      '-m',
      `u:1:${first}:10`,
      '-m',
      `g:0:${first}:10`,
      '--',
      'id',
    ]);
    expect(unmapped.stderr).toContain('that id is not mapped; add -m u:0:HOST_ID:1');
    const same = await user.lxc('usernsexec', ['-m', `b:0:${id}:1`, '--', 'cat', '/proc/self/setgroups']);
    expect(same).toMatchObject({ stdout: 'deny\n', stderr: '', status: 0 });
  },
);

for (const verb of ['usernsexec', 'unshare'])
  test(`lxc-${verb} hands over what its caller has open`, async (scope) => {
    const file = join(scope.directory(), 'seven');
    const how = verb === 'unshare' ? ['-s', 'IPC'] : map;
    const script = 'exec 7>"$1"; shift; "$@"';
    const command = [
      join(binDir, `lxc-${verb}`),
      ...how,
      '--',
      'sh',
      '-c',
      'echo open >&7; ls /proc/self/fd',
    ];
    const done = await run('bash', ['-c', script, 'bash', file, ...command]);
    expect(done).toMatchObject({ stderr: '', status: 0 });
    expect(readFileSync(file, 'utf8')).toBe('open\n');
    expect(done.stdout).toMatch(/^7$/m);
  });
