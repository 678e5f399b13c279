/**
 * lxc-user-nic by itself: as the client of its service, setuid, and that of LXC, which both of ours stand in for. What is
 * asked of them without any right to it must change nothing.
 */

import { spawn } from 'node:child_process';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { binDir, type Result, run } from './harness/commands.ts';
import type { Scope } from './harness/scope.ts';
import { testOurs } from './harness/suite.ts';
import { ordinaryUser, User } from './harness/user.ts';
import { linksIn, lonely, type Maker, makers, portsOf, userNic } from './harness/user-nic.ts';

const { id, name } = ordinaryUser;
const reason = 'it is about our own lxc-user-nic; that of LXC is run beside it';
const usernet = '/etc/lxc/lxc-usernet';
const nics = () => readFileSync('/run/lxc/nics', 'utf8');
const nicNames = () => [...nics().matchAll(/ (veth\S+)$/gm)].map(([, found = '']) => found);
const named = new RegExp(`^veth${id}_[A-Za-z0-9]{4}$`);

interface World {
  readonly user: User;
  readonly program: string;
  readonly pid: string;
  create(...args: readonly string[]): Promise<Result>;
  remove(namespace: string, bridge: string, link: string): Promise<Result>;
}

async function world(scope: Scope, maker: Maker): Promise<World> {
  await scope.bridge('sysbr0');
  await scope.bridge('sysbr1');
  const user = new User(scope);
  const program = await userNic(scope, maker);
  const pid = await lonely(scope, user);
  const create = (...args: readonly string[]) => user.run([program, 'create', user.lxcpath, 'web', ...args]);
  const remove = (namespace: string, ...rest: readonly string[]) => {
    const [bridge = '', link = ''] = rest;
    return user.run([program, 'delete', user.lxcpath, 'web', namespace, 'veth', bridge, link]);
  };
  return { user, program, pid, create, remove };
}

for (const maker of makers) {
  testOurs(`lxc-user-nic (${maker}) makes what is allowed, and no more`, reason, async (scope) => {
    const { pid, create } = await world(scope, maker);
    scope.file(usernet, `# comment\n${name} veth sysbr0 2\n`);
    const first = await create(pid, 'veth', 'sysbr0');
    expect(first.stdout).toMatch(new RegExp(`^eth0:[0-9]+:veth${id}_....:[0-9]+\n$`));
    const second = await create(pid, 'veth', 'sysbr0', 'lan');
    expect(second).toMatchObject({ stdout: expect.stringMatching(/^lan:/), status: 0 });
    expect(await linksIn(pid)).toEqual(['lo', 'eth0', 'lan']);
    const ports = await portsOf('sysbr0');
    expect(ports).toEqual([expect.stringMatching(named), expect.stringMatching(named)]);
    expect(nics()).toBe(ports.map((port) => `${name} veth sysbr0 ${port}\n`).join(''));
    expect(statSync('/run/lxc/nics').mode & 0o777).toBe(0o600);
    expect((await create(pid, 'veth', 'sysbr0', 'more')).stderr).toContain('Quota reached');
    expect((await create(pid, 'veth', 'sysbr1', 'more')).status).toBe(1);
    expect((await create(pid, 'macvlan', 'sysbr0', 'more')).status).toBe(1);
    expect((await create('1', 'veth', 'sysbr0', 'more')).status).toBe(1);
    expect((await create(String(process.pid), 'veth', 'sysbr0', 'more')).status).toBe(1);
    // What is gone counts no more. That of LXC 5.0 mixes up the lines then.
    if (maker === 'debian') return;
    await run('ip', ['link', 'delete', ports[0] ?? '']);
    expect((await create(pid, 'veth', 'sysbr0', 'again')).status).toBe(0);
    expect(nicNames().toSorted()).toEqual((await portsOf('sysbr0')).toSorted());
  });
}

for (const maker of ['service', 'setuid'] as const) {
  testOurs(`Allowances of groups count for themselves (${maker})`, reason, async (scope) => {
    const { user, program, pid } = await world(scope, maker);
    scope.file(
      usernet,
      `${name} veth sysbr0 1\n@adm veth sysbr0 1\n@sys veth sysbr0 9\n  ${name} veth sysbr0 9\n`,
    );
    const gid = (await run('getent', ['group', 'adm'])).stdout.split(':')[2] ?? '';
    const words = [program, 'create', '/', 'web', pid, 'veth', 'sysbr0'];
    const asMember = () =>
      run('setpriv', ['--reuid', `${id}`, '--regid', `${id}`, '--groups', gid, ...words]);
    for (const status of [0, 0, 1]) expect((await asMember()).status).toBe(status);
    expect(nics()).toMatch(new RegExp(`^${name} veth sysbr0 veth\\S+\n@adm veth sysbr0 veth\\S+\n$`));
    await run('ip', ['link', 'delete', nicNames()[1] ?? '']);
    expect((await user.run(words)).stderr).toContain('Quota reached');
    expect(await asMember()).toMatchObject({ status: 0 });
    expect(nicNames()).toHaveLength(2);
  });

  testOurs(`A request that is not the caller's to make changes nothing (${maker})`, reason, async (scope) => {
    const { user, pid, create, remove } = await world(scope, maker);
    scope.file(usernet, `${name} veth sysbr0 9\n`);
    await create(pid, 'veth', 'sysbr0');
    await create(pid, 'veth', 'sysbr0');
    const [link = ''] = nicNames();
    const before = [nics(), await portsOf('sysbr0'), await linksIn(pid)];
    const own = `/proc/${pid}/ns/net`;
    // A namespace that is in use by a process of his own, but is that of root.
    const guest = spawn('setpriv', ['--reuid', `${id}`, '--regid', `${id}`, '--clear-groups', 'sleep', '60']);
    scope.defer(() => {
      guest.kill();
    });
    const refusals: readonly (readonly [Promise<Result>, RegExp])[] = [
      [create(String(guest.pid), 'veth', 'sysbr0'), /the network namespace is not that of ordinary/],
      [create('4194303', 'veth', 'sysbr0'), /there is no such process/],
      [create('-1', 'veth', 'sysbr0'), /not a number/],
      [create(pid, 'veth', 'sysbr0', 'eth0'), /has an interface eth0 already/],
      [create(pid, 'veth', 'sysbr0', 'a/b'), /not a name of an interface/],
      [create(pid, 'veth', 'sysbr0', '..'), /not a name of an interface/],
      [create(pid, 'veth', 'sysbr0', 'a\nroot veth sysbr1 x'), /not a name of an interface/],
      [create(pid, 'veth', 'sysbr0', 'sixteen-letters-'), /not a name of an interface/],
      [create(pid, 'veth', 'sysbr0 ', 'lan'), /not a name of a bridge/],
      [create(pid, 'veth', 'lo', 'lan'), /lo is not a bridge of the kernel/],
      [create(pid, 'veth', 'sysbr9', 'lan'), /there is no bridge sysbr9/],
      [create(pid, 'vlan', 'sysbr0', 'lan'), /of type vlan are not made for users/],
      [remove('/proc/self/ns/net', 'sysbr0', link), /the network namespace is not that of ordinary/],
      [remove(`/proc/${pid}/ns/mnt`, 'sysbr0', link), /not a network namespace/],
      [remove('/etc/passwd', 'sysbr0', link), /not a network namespace/],
      [remove('/etc/shadow', 'sysbr0', link), /Permission denied/],
      [remove(own, 'sysbr0', 'sysbr1'), /the other end of sysbr1 is not in that network namespace/],
      [remove(own, 'sysbr1', link), /has no interface .* of ordinary on sysbr1/],
      [user.run([join(binDir, 'lxc-user-nic'), '--service']), /root's to run/],
      [user.run([join(binDir, 'lxc-user-nic'), 'create']), /Usage/],
    ];
    for (const [asked, message] of refusals) {
      const refused = await asked;
      expect(refused.stderr).toMatch(message);
      expect(refused).toMatchObject({ stdout: '', status: 1 });
    }
    expect([nics(), await portsOf('sysbr0'), await linksIn(pid)]).toEqual(before);
    expect(await remove(own, 'sysbr0', link)).toMatchObject({ stderr: '', status: 0 });
    expect(nicNames()).toEqual(await portsOf('sysbr0'));
    expect(nicNames()).toHaveLength(1);
  });

  testOurs(`Twenty at once get no more than they may (${maker})`, reason, async (scope) => {
    const { pid, create } = await world(scope, maker);
    scope.file(usernet, `${name} veth sysbr0 7\n`);
    const all = await Promise.all(Array.from({ length: 20 }, () => create(pid, 'veth', 'sysbr0')));
    expect(all.filter(({ status }) => status === 0)).toHaveLength(7);
    expect(nicNames().toSorted()).toEqual((await portsOf('sysbr0')).toSorted());
    expect(nicNames()).toHaveLength(7);
  });
}

testOurs(
  'Limits and signals of the caller do not keep what he gets out of the count',
  reason,
  async (scope) => {
    const { user, program, pid } = await world(scope, 'setuid');
    scope.file(usernet, `${name} veth sysbr0 3\n`);
    const words = [program, 'create', '/', 'web', pid, 'veth', 'sysbr0'];
    // Where root may not raise limits either it refuses to begin.
    await user.run(['prlimit', '--fsize=10', ...words]);
    await user.run(['prlimit', '--nofile=5', ...words]);
    const killer = '"$@" >/dev/null 2>&1 & sleep 0.00$(($(date +%N | tail -c 2))); kill -9 $!; wait';
    for (let tries = 0; tries < 12; tries++) await user.run(['bash', '-c', killer, 'bash', ...words]);
    const ports = await portsOf('sysbr0');
    expect(ports.length).toBeLessThanOrEqual(3);
    for (const port of ports) expect(nicNames()).toContain(port);
  },
);

testOurs(
  'Who holds a connection to the service and says nothing keeps nobody waiting',
  reason,
  async (scope) => {
    const { pid, create } = await world(scope, 'service');
    scope.file(usernet, `${name} veth sysbr0 1\n`);
    const hold = `import socket, time
held = [socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) for _ in range(40)]
for one in held: one.connect('/run/lxc/user-nic')
print('held', flush=True)
time.sleep(60)`;
    const holder = spawn('setpriv', [
      '--reuid',
      '65533',
      '--regid',
      '65533',
      '--clear-groups',
      '/usr/bin/python3',
      '-c',
      hold,
    ]);
    scope.defer(() => {
      holder.kill();
    });
    await new Promise((told) => holder.stdout.once('data', told));
    expect(await create(pid, 'veth', 'sysbr0')).toMatchObject({ status: 0 });
  },
);
