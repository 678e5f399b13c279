/** Interfaces that the host routes to, answers for, or filters: veth.mode, l2proxy, static routes, VLANs, queues. */

import { mkdirSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { run } from './harness/commands.ts';
import type { Container } from './harness/container.ts';
import { eventually } from './harness/eventually.ts';
import type { Scope } from './harness/scope.ts';
import { test, testOurs } from './harness/suite.ts';

async function output(...argv: readonly [string, ...string[]]): Promise<string> {
  const [file, ...args] = argv;
  return (await run(file, args)).stdout;
}

/** A host that forwards from `sysup0`, which is up and addressed. */
async function uplink(scope: Scope): Promise<void> {
  await scope.link('sysup0');
  await run('ip', ['link', 'set', 'sysup0p', 'up']);
  await run('ip', ['address', 'add', '10.98.0.1/24', 'dev', 'sysup0']);
  const settings = [
    'ipv4.conf.sysup0.forwarding',
    'ipv6.conf.sysup0.forwarding',
    'ipv6.conf.sysup0.proxy_ndp',
  ];
  for (const setting of [...settings, 'ipv6.conf.all.forwarding'])
    await run('sysctl', ['-qw', `net.${setting}=1`]);
  scope.defer(async () => void (await run('sysctl', ['-qw', 'net.ipv6.conf.all.forwarding=0'])));
}

const routed = [
  'lxc.net.0.type = veth',
  'lxc.net.0.veth.mode = router',
  'lxc.net.0.veth.pair = sysr0',
  'lxc.net.0.flags = up',
  'lxc.net.0.link = sysup0',
  'lxc.net.0.ipv4.address = 10.97.0.2/32',
  'lxc.net.0.ipv4.gateway = 169.254.0.1',
  'lxc.net.0.ipv6.address = fd97::2/128',
  'lxc.net.0.ipv6.gateway = fe80::1',
];

async function pings(container: Container, address: string): Promise<boolean> {
  const pid = String(await container.initPid());
  return (await run('nsenter', ['-t', pid, '-n', 'ping', '-c', '1', '-W', '5', address])).status === 0;
}

test('In the mode router the host routes to the container and answers for its gateways', async (scope) => {
  await uplink(scope);
  const foo = scope.container({ config: routed });
  await foo.start();
  expect(await output('ip', 'route')).toMatch(/^10\.97\.0\.2 dev sysr0 scope link/m);
  expect(await output('ip', '-6', 'route')).toMatch(/^fd97::2 dev sysr0 /m);
  const gateways = await output('ip', 'neigh', 'show', 'proxy', 'dev', 'sysr0');
  expect(gateways).toContain('169.254.0.1');
  expect(gateways).toContain('fe80::1');
  expect(await output('ip', '-br', 'link', 'show', 'dev', 'sysr0')).toContain('UP');
  await run('ip', ['route', 'add', 'default', 'dev', 'sysup0']);
  expect(await pings(foo, '10.98.0.1')).toBe(true);
  await foo.stop();
  await eventually(async () => !(await output('ip', 'route')).includes('sysr0'), 'the routes are gone');
});

testOurs(
  'With l2proxy the host answers on the link until the container stops',
  'C LXC leaves the entries',
  async (scope) => {
    await uplink(scope);
    const foo = scope.container({ config: [...routed, 'lxc.net.0.l2proxy = 1'] });
    await foo.start();
    const answers = () => output('ip', 'neigh', 'show', 'proxy', 'dev', 'sysup0');
    expect(await answers()).toContain('10.97.0.2');
    expect(await answers()).toContain('fd97::2');
    await foo.stop();
    await eventually(async () => (await answers()) === '', 'the host answers for nobody');
  },
);

test('l2proxy without forwarding on the link stops the start', async (scope) => {
  await scope.link('sysup0');
  await run('sysctl', ['-qw', 'net.ipv4.conf.sysup0.forwarding=0']);
  const foo = scope.container({
    config: [
      'lxc.net.0.type = veth',
      'lxc.net.0.veth.mode = router',
      'lxc.net.0.link = sysup0',
      'lxc.net.0.l2proxy = 1',
      'lxc.net.0.flags = up',
      'lxc.net.0.ipv4.address = 10.97.0.2/32',
    ],
  });
  expect((await foo.run('start', ['-d'])).status).toBe(1);
});

test('Routes of the configuration lead to the end on the host, on a bridge as well', async (scope) => {
  await scope.bridge('sysbr0');
  const foo = scope.container({
    config: [
      'lxc.net.7.type = veth',
      'lxc.net.7.link = sysbr0',
      'lxc.net.7.veth.pair = sysr0',
      'lxc.net.7.flags = up',
      'lxc.net.7.veth.ipv4.route = 10.55.0.0/16',
      'lxc.net.7.veth.ipv6.route = fd55::/64',
    ],
  });
  await foo.start();
  expect(await output('ip', 'route')).toMatch(/^10\.55\.0\.0\/16 dev sysr0 scope link/m);
  expect(await output('ip', '-6', 'route')).toMatch(/^fd55::\/64 dev sysr0 /m);
});

testOurs(
  'lxc-info shows interfaces whose numbers have gaps',
  'C LXC stops at the first gap',
  async (scope) => {
    const veth = (index: number) => [
      `lxc.net.${index}.type = veth`,
      `lxc.net.${index}.veth.pair = sysr${index}`,
    ];
    const foo = scope.container({ config: [...veth(3), ...veth(8)] });
    await foo.start();
    const { stdout } = await foo.run('info');
    expect(stdout).toMatch(/^Link: +sysr3$/m);
    expect(stdout).toMatch(/^Link: +sysr8$/m);
  },
);

// The kernel makes as many as there are processors where nobody asks.
test('A veth has as many queues as asked, mirrored on the host', async (scope) => {
  const foo = scope.container({
    config: [
      'lxc.net.0.type = veth',
      'lxc.net.0.veth.pair = sysr0',
      'lxc.net.0.veth.n_rxqueues = 5',
      'lxc.net.0.veth.n_txqueues = 3',
    ],
  });
  await foo.start();
  const [link] = JSON.parse(await output('ip', '-json', '-details', 'link', 'show', 'dev', 'sysr0'));
  expect(link).toMatchObject({ num_rx_queues: 3, num_tx_queues: 5 });
  const inside = (await foo.ip(['link', 'show', 'dev', 'eth0'])) as unknown[];
  expect(inside[0]).toMatchObject({ num_rx_queues: 5, num_tx_queues: 3 });
});

const lacking = [
  ['ipvlan', ['lxc.net.0.ipvlan.mode = l2', 'lxc.net.0.ipvlan.isolation = private'], 'CONFIG_IPVLAN'],
  ['vlan', ['lxc.net.0.vlan.id = 5'], 'CONFIG_VLAN_8021Q'],
] as const;

for (const [type, more, option] of lacking) {
  testOurs(`Type ${type} is made, or the error names ${option}`, 'the message is ours', async (scope) => {
    await scope.link('sysup0');
    const foo = scope.container({
      config: [`lxc.net.0.type = ${type}`, 'lxc.net.0.link = sysup0', ...more],
    });
    const done = await foo.run('start', ['-d']);
    if (done.status !== 0) {
      expect(done.stderr).toContain(option);
      return;
    }
    const [, eth] = (await foo.ip(['link'])) as { linkinfo?: { info_kind: string } }[];
    expect(eth?.linkinfo?.info_kind).toBe(type);
  });
}

testOurs('VLANs of a port are set, or the error names the option', 'the message is ours', async (scope) => {
  await scope.bridge('sysbr0');
  await run('ip', ['link', 'set', 'sysbr0', 'type', 'bridge', 'vlan_filtering', '1']);
  const foo = scope.container({
    config: [
      'lxc.net.0.type = veth',
      'lxc.net.0.link = sysbr0',
      'lxc.net.0.veth.pair = sysr0',
      'lxc.net.0.veth.vlan.id = 5',
      'lxc.net.0.veth.vlan.tagged.id = 6',
    ],
  });
  const done = await foo.run('start', ['-d']);
  if (done.status !== 0) {
    expect(done.stderr).toContain('CONFIG_BRIDGE_VLAN_FILTERING');
    return;
  }
  const [port] = JSON.parse(await output('bridge', '-json', 'vlan', 'show', 'dev', 'sysr0'));
  expect(port.vlans.map(({ vlan }: { vlan: number }) => vlan)).toEqual([5, 6]);
});

testOurs(
  'A port of an Open vSwitch is added and taken away by its tool',
  'C LXC asks the switch itself',
  async (scope) => {
    // The kernel's part of the switch is told by its name; a pair stands in for it and for its bridge.
    await run('ip', ['link', 'add', 'ovs-system', 'type', 'veth', 'peer', 'name', 'sysovs0']);
    scope.defer(async () => void (await run('ip', ['link', 'delete', 'ovs-system'])));
    const foo = scope.container({
      config: [
        'lxc.net.0.type = veth',
        'lxc.net.0.link = sysovs0',
        'lxc.net.0.veth.pair = sysr0',
        'lxc.net.0.veth.vlan.id = 5',
      ],
    });
    const missing = await foo.run('start', ['-d']);
    expect(missing.status).toBe(1);
    expect(missing.stderr).toContain('ovs-vsctl');
    mkdirSync(`${foo.dir}/tools`);
    writeFileSync(`${foo.dir}/tools/ovs-vsctl`, `#!/bin/sh\necho "$*" >> ${foo.dir}/calls\n`, {
      mode: 0o755,
    });
    const env = { PATH: `${foo.dir}/tools:/usr/sbin:/usr/bin:/sbin:/bin` };
    await foo.start([], { env });
    await foo.run('stop', ['-k'], { env });
    await eventually(
      async () => (await output('cat', `${foo.dir}/calls`)).split('\n').length === 3,
      'both calls',
    );
    expect(await output('cat', `${foo.dir}/calls`)).toBe(
      '--may-exist add-port sysovs0 sysr0 vlan_mode=access tag=5\n--if-exists del-port sysovs0 sysr0\n',
    );
  },
);
