/** Network interfaces of a container, in the network namespace of this run. */

import { readFileSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { run } from './harness/commands.ts';
import type { Container } from './harness/container.ts';
import { eventually } from './harness/eventually.ts';
import { test } from './harness/suite.ts';

interface Link {
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly mtu: number;
  readonly address: string;
  readonly operstate: string;
  readonly master?: string;
  readonly linkinfo?: { readonly info_kind?: string; readonly info_data?: { readonly mode?: string } };
  readonly addr_info: readonly {
    readonly local: string;
    readonly prefixlen: number;
    readonly broadcast?: string;
  }[];
}

interface Route {
  readonly dst: string;
  readonly gateway?: string;
  readonly dev: string;
}

/** The answers of `ip -json` are what its manual says. */
async function links(container: Container): Promise<Link[]> {
  return (await container.ip(['address'])) as Link[];
}

/** The addresses that were asked for: not the link-local one that the kernel adds. */
function addresses(link: Link | undefined): string[] {
  return (link?.addr_info ?? [])
    .filter((one) => !one.local.startsWith('fe80'))
    .map((one) => `${one.local}/${one.prefixlen} ${one.broadcast ?? ''}`.trim())
    .sort();
}

async function hostLink(name: string): Promise<Link | undefined> {
  const done = await run('ip', ['-json', '-details', 'address', 'show', 'dev', name]);
  return done.status === 0 ? (JSON.parse(done.stdout) as Link[])[0] : undefined;
}

test('Without a network section a container has only a loopback that is down', async (scope) => {
  const foo = scope.container();
  await foo.start();
  const seen = await links(foo);
  expect(seen.map((link) => link.ifname)).toEqual(['lo']);
  expect(seen[0]?.flags).not.toContain('UP');
});

test('Type empty with flags has a loopback that is up', async (scope) => {
  const foo = scope.container({ config: ['lxc.net.0.type = empty', 'lxc.net.0.flags = up'] });
  await foo.start();
  const seen = await links(foo);
  expect(seen.map((link) => link.ifname)).toEqual(['lo']);
  expect(seen[0]?.flags).toContain('UP');
});

test('A veth is on its bridge, named and addressed as asked', async (scope) => {
  await scope.bridge('sysbr0');
  const foo = scope.container({
    config: [
      'lxc.net.0.type = veth',
      'lxc.net.0.link = sysbr0',
      'lxc.net.0.flags = up',
      'lxc.net.0.name = wan',
      'lxc.net.0.veth.pair = sysv0',
      'lxc.net.0.hwaddr = 00:16:3e:01:02:03',
      'lxc.net.0.mtu = 1400',
      'lxc.net.0.ipv4.address = 10.1.2.3/24 10.1.2.250',
      'lxc.net.0.ipv4.address = 10.1.9.9/16 10.1.255.255',
      'lxc.net.0.ipv4.gateway = 10.1.2.1',
      'lxc.net.0.ipv6.address = fd00::5/64',
      'lxc.net.0.ipv6.gateway = fd00::1',
    ],
  });
  await foo.start();
  const [lo, wan] = await links(foo);
  expect(lo?.flags).toContain('UP');
  expect(wan).toMatchObject({ ifname: 'wan', mtu: 1400, address: '00:16:3e:01:02:03' });
  expect(wan?.flags).toContain('UP');
  expect(addresses(wan)).toEqual(['10.1.2.3/24 10.1.2.250', '10.1.9.9/16 10.1.255.255', 'fd00::5/64']);
  const routes = (await foo.ip(['route'])) as Route[];
  expect(routes.find((route) => route.dst === 'default')).toMatchObject({ gateway: '10.1.2.1', dev: 'wan' });
  const routes6 = (await foo.ip(['-6', 'route'])) as Route[];
  expect(routes6.find((route) => route.dst === 'default')).toMatchObject({ gateway: 'fd00::1' });
  const host = await hostLink('sysv0');
  expect(host).toMatchObject({ master: 'sysbr0', mtu: 1400 });
  expect(host?.flags).toContain('UP');
  expect(host?.address.startsWith('fe:')).toBe(true);
  await foo.stop();
  await eventually(async () => (await hostLink('sysv0')) === undefined, 'the pair is gone');
});

test('A veth has names of its own where none are asked for', async (scope) => {
  await scope.bridge('sysbr0');
  const foo = scope.container({
    config: ['lxc.net.0.type = veth', 'lxc.net.0.link = sysbr0', 'lxc.net.0.flags = up'],
  });
  await foo.start();
  expect((await links(foo)).map((link) => link.ifname)).toEqual(['lo', 'eth0']);
  const { stdout } = await run('ip', ['-json', 'link', 'show', 'master', 'sysbr0']);
  expect((JSON.parse(stdout) as Link[]).map((link) => link.ifname)).toEqual([
    expect.stringMatching(/^veth[0-9A-Za-z]{6}$/),
  ]);
});

test('Wildcards of a hardware address are filled at random', async (scope) => {
  await scope.bridge('sysbr0');
  const foo = scope.container({
    config: ['lxc.net.0.type = veth', 'lxc.net.0.link = sysbr0', 'lxc.net.0.hwaddr = 00:16:3e:xx:xx:5x'],
  });
  await foo.start();
  expect((await links(foo))[1]?.address).toMatch(/^00:16:3e:[0-9a-f]{2}:[0-9a-f]{2}:5[0-9a-f]$/);
});

test('A veth takes the MTU of its bridge', async (scope) => {
  await scope.bridge('sysbr0');
  await run('ip', ['link', 'set', 'sysbr0', 'mtu', '1300']);
  const foo = scope.container({
    config: ['lxc.net.0.type = veth', 'lxc.net.0.link = sysbr0', 'lxc.net.0.flags = up'],
  });
  await foo.start();
  expect((await links(foo))[1]?.mtu).toBe(1300);
});

test('Gateway auto is the address of the bridge', async (scope) => {
  await scope.bridge('sysbr0', '10.7.0.1/24');
  const foo = scope.container({
    config: [
      'lxc.net.0.type = veth',
      'lxc.net.0.link = sysbr0',
      'lxc.net.0.flags = up',
      'lxc.net.0.ipv4.address = 10.7.0.9/24',
      'lxc.net.0.ipv4.gateway = auto',
    ],
  });
  await foo.start();
  const routes = (await foo.ip(['route'])) as Route[];
  expect(routes.find((route) => route.dst === 'default')).toMatchObject({ gateway: '10.7.0.1' });
  expect((await run('ping', ['-c', '1', '-W', '2', '10.7.0.9'])).status).toBe(0);
});

test('A gateway outside the own network gets a route of its own', async (scope) => {
  await scope.bridge('sysbr0');
  const foo = scope.container({
    config: [
      'lxc.net.0.type = veth',
      'lxc.net.0.link = sysbr0',
      'lxc.net.0.flags = up',
      'lxc.net.0.ipv4.address = 10.7.0.9/32',
      'lxc.net.0.ipv4.gateway = 10.8.0.1',
    ],
  });
  await foo.start();
  const routes = (await foo.ip(['route'])) as Route[];
  expect(routes.find((route) => route.dst === 'default')).toMatchObject({ gateway: '10.8.0.1' });
  expect(routes.find((route) => route.dst === '10.8.0.1')).toMatchObject({ dev: 'eth0' });
});

for (const mode of ['private', 'vepa', 'bridge', 'passthru']) {
  test(`A macvlan in mode ${mode} stands on its link`, async (scope) => {
    await scope.link('syslink0');
    const foo = scope.container({
      config: [
        'lxc.net.0.type = macvlan',
        'lxc.net.0.link = syslink0',
        'lxc.net.0.flags = up',
        `lxc.net.0.macvlan.mode = ${mode}`,
        'lxc.net.0.ipv4.address = 10.3.0.2/24 10.3.0.255',
      ],
    });
    await foo.start();
    const eth = (await links(foo))[1];
    expect(eth?.linkinfo).toMatchObject({ info_kind: 'macvlan', info_data: { mode } });
    expect(eth?.ifname).toBe('eth0');
    expect(addresses(eth)).toEqual(['10.3.0.2/24 10.3.0.255']);
    expect(eth?.flags).toContain('UP');
  });
}

test('Several interfaces come in the order of their index', async (scope) => {
  await scope.bridge('sysbr0');
  await scope.link('syslink0');
  const foo = scope.container({
    config: [
      'lxc.net.3.type = macvlan',
      'lxc.net.3.link = syslink0',
      'lxc.net.1.type = veth',
      'lxc.net.1.link = sysbr0',
      'lxc.net.1.flags = up',
    ],
  });
  await foo.start();
  const kinds = (await links(foo)).map((link) => `${link.ifname} ${link.linkinfo?.info_kind ?? ''}`);
  expect(kinds).toEqual(['lo ', 'eth0 veth', 'eth1 macvlan']);
});

test('Up and down scripts of version 0 get name, section, direction, type and interfaces', async (scope) => {
  await scope.bridge('sysbr0');
  const foo = scope.container({
    config: [
      'lxc.net.0.type = veth',
      'lxc.net.0.link = sysbr0',
      'lxc.net.0.veth.pair = sysv0',
      'lxc.net.0.script.up = $DIR/up',
      'lxc.net.0.script.down = $DIR/down',
    ],
  });
  for (const way of ['up', 'down'])
    writeFileSync(`${foo.dir}/${way}`, '#!/bin/sh\necho "$*" > "$0.log"\n', { mode: 0o755 });
  await foo.start();
  expect(readFileSync(`${foo.dir}/up.log`, 'utf8')).toBe(`${foo.name} net up veth sysbr0 sysv0\n`);
  await foo.stop();
  await eventually(() => readFileSync(`${foo.dir}/down.log`, 'utf8') !== '', 'the down script ran');
  expect(readFileSync(`${foo.dir}/down.log`, 'utf8')).toBe(`${foo.name} net down veth sysbr0 sysv0\n`);
});

test('Up scripts of version 1 get them in their environment', async (scope) => {
  await scope.bridge('sysbr0');
  const foo = scope.container({
    config: [
      'lxc.hook.version = 1',
      'lxc.net.0.type = veth',
      'lxc.net.0.link = sysbr0',
      'lxc.net.0.veth.pair = sysv0',
      'lxc.net.0.script.up = $DIR/up',
    ],
  });
  writeFileSync(`${foo.dir}/up`, '#!/bin/sh\nenv > "$0.log"\n', { mode: 0o755 });
  await foo.start();
  const env = readFileSync(`${foo.dir}/up.log`, 'utf8');
  for (const line of [
    'LXC_HOOK_TYPE=up',
    'LXC_HOOK_SECTION=net',
    'LXC_NET_TYPE=veth',
    'LXC_NET_PARENT=sysbr0',
    'LXC_NET_PEER=sysv0',
  ]) {
    expect(env).toContain(`${line}\n`);
  }
});

test('An up script that fails stops the start', async (scope) => {
  await scope.bridge('sysbr0');
  const foo = scope.container({
    config: ['lxc.net.0.type = veth', 'lxc.net.0.link = sysbr0', 'lxc.net.0.script.up = /bin/false'],
  });
  expect((await foo.run('start', ['-d'])).status).toBe(1);
});

test('A missing bridge stops the start', async (scope) => {
  const foo = scope.container({ config: ['lxc.net.0.type = veth', 'lxc.net.0.link = nosuchbr'] });
  expect((await foo.run('start', ['-d'])).status).toBe(1);
  expect(await foo.state()).toBe('STOPPED');
});

test('Without flags an interface stays down', async (scope) => {
  await scope.link('syslink0');
  const foo = scope.container({ config: ['lxc.net.0.type = macvlan', 'lxc.net.0.link = syslink0'] });
  await foo.start();
  expect((await links(foo))[1]?.flags).not.toContain('UP');
});

test('An address with a prefix of 31 or 32 has no broadcast', async (scope) => {
  await scope.link('syslink0');
  const foo = scope.container({
    config: ['lxc.net.0.type = macvlan', 'lxc.net.0.link = syslink0', 'lxc.net.0.ipv4.address = 10.3.0.2/31'],
  });
  await foo.start();
  expect((await links(foo))[1]?.addr_info[0]?.broadcast ?? '0.0.0.0').toBe('0.0.0.0');
});

test('The broadcast of an address follows from its prefix', async (scope) => {
  await scope.link('syslink0');
  const foo = scope.container({
    config: [
      'lxc.net.0.type = macvlan',
      'lxc.net.0.link = syslink0',
      'lxc.net.0.ipv4.address = 10.3.4.2/24',
      'lxc.net.0.ipv4.address = 10.5.6.7/16',
    ],
  });
  await foo.start();
  expect(addresses((await links(foo))[1])).toEqual(['10.3.4.2/24 10.3.4.255', '10.5.6.7/16 10.5.255.255']);
});
