/** Networks of an ordinary user: lxc-user-nic, ours or LXC's, makes them by the allowance in /etc/lxc/lxc-usernet. */

import { readFileSync } from 'node:fs';
import { expect } from 'vitest';
import { run } from './harness/commands.ts';
import { eventually } from './harness/eventually.ts';
import type { Scope } from './harness/scope.ts';
import { testOurs } from './harness/suite.ts';
import { ordinaryUser, User } from './harness/user.ts';
import { makers, userNic } from './harness/user-nic.ts';

const { first, id, name } = ordinaryUser;
const reason = 'it needs cgroups and x permission on the path';
const lines = [
  `lxc.idmap = u 0 ${first} 65536`,
  `lxc.idmap = g 0 ${first} 65536`,
  'lxc.net.2.type = veth',
  'lxc.net.2.link = sysbr0',
  'lxc.net.2.flags = up',
  'lxc.net.2.hwaddr = 00:16:3e:00:00:09',
  'lxc.net.2.mtu = 1400',
  'lxc.net.2.ipv4.address = 10.96.0.2/24',
  'lxc.net.2.ipv4.gateway = auto',
];

function userOf(scope: Scope, ...containers: readonly string[]): User {
  const user = new User(scope);
  scope.defer(async () => {
    for (const container of containers) await user.lxc('stop', ['-n', container, '-k']);
  });
  return user;
}

for (const maker of makers)
  testOurs(`A user has a veth on a bridge that root allows him (${maker})`, reason, async (scope) => {
    await scope.bridge('sysbr0', '10.96.0.1/24');
    await userNic(scope, maker);
    const user = userOf(scope, 'web', 'second');
    scope.file('/etc/lxc/lxc-usernet', `${name} veth sysbr0 1\n`);
    await user.container('web', lines);
    const started = await user.lxc('start', ['-n', 'web', '-d']);
    expect(started.status, started.stderr).toBe(0);
    const pid = (await user.lxc('info', ['-n', 'web', '-p', '-H'])).stdout.trim();
    const inside = (...argv: readonly string[]) => run('nsenter', ['-t', pid, '-n', ...argv]);
    const { stdout } = await inside('ip', '-json', 'address', 'show', 'dev', 'eth0');
    expect(JSON.parse(stdout)).toMatchObject([
      { ifname: 'eth0', mtu: 1400, address: '00:16:3e:00:00:09', addr_info: [{ local: '10.96.0.2' }, {}] },
    ]);
    expect((await inside('ping', '-c', '1', '-W', '5', '10.96.0.1')).status).toBe(0);
    expect((await run('ip', ['-br', 'link', 'show', 'master', 'sysbr0'])).stdout).toMatch(
      new RegExp(`^veth${id}_`),
    );
    await user.container('second', lines);
    const second = await user.lxc('start', ['-n', 'second', '-d']);
    expect(second.status).toBe(1);
    expect(second.stderr).toContain(`/etc/lxc/lxc-usernet allows "${name} veth sysbr0 1"`);
    await user.lxc('stop', ['-n', 'web', '-k']);
    await eventually(
      async () => (await run('ip', ['-br', 'link', 'show', 'master', 'sysbr0'])).stdout === '',
      'the pair is gone',
    );
  });

testOurs('A user whom root allows no bridge is told the line that is missing', reason, async (scope) => {
  await scope.bridge('sysbr0', '10.96.0.1/24');
  await userNic(scope, 'debian');
  const user = userOf(scope, 'web');
  await user.container('web', lines);
  const { status, stderr } = await user.lxc('start', ['-n', 'web', '-d']);
  expect(status).toBe(1);
  expect(stderr).toContain(
    `Failed to make eth0 on sysbr0 for user ${name}: /etc/lxc/lxc-usernet does not allow it; have root add the line "${name} veth sysbr0 10" there`,
  );
});

testOurs('What a user cannot say about the host is told with its line', reason, async (scope) => {
  await scope.bridge('sysbr0', '10.96.0.1/24');
  const user = userOf(scope);
  await user.container('web', [...lines, 'lxc.net.2.veth.pair = mine0']);
  const { stderr } = await user.lxc('start', ['-n', 'web', '-d']);
  expect(stderr).toContain('it is about the host, and user ordinary is not its root');
});

testOurs('Where the service has gone that of LXC makes the pair', reason, async (scope) => {
  await scope.bridge('sysbr0', '10.96.0.1/24');
  await userNic(scope, 'debian');
  scope.file('/run/lxc/user-nic', '');
  const user = userOf(scope, 'web');
  scope.file('/etc/lxc/lxc-usernet', `${name} veth sysbr0 1\n`);
  await user.container('web', lines);
  expect((await user.lxc('start', ['-n', 'web', '-d'])).status).toBe(0);
  expect(readFileSync('/run/lxc/nics', 'utf8')).toMatch(new RegExp(`^${name} veth sysbr0 `));
});
