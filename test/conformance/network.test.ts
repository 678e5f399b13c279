/** Network plans, sent to the kernel in namespaces of their own; `ip` and /proc tell what became of them. */

import { execFileSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { configOf, type Net } from '../../src/config/index.ts';
import { readAddresses, readInterfaces } from '../../src/host/addresses.ts';
import { planNetwork } from '../../src/plan/network/index.ts';
import type { NetworkFacts, NetworkPlan } from '../../src/plan/network-contract.ts';
import { World } from './network/world.ts';

const bridge = {
  index: 2,
  kind: 'bridge',
  mtu: 1400,
  addresses: [{ address: '10.0.3.1', prefix: 24 }],
} as const;
const facts: NetworkFacts = { links: new Map([['br0', bridge]]) };

let world: World;

beforeEach(async () => {
  world = await World.open();
  world.host('ip', 'link', 'add', 'br0', 'mtu', '1400', 'type', 'bridge');
  world.host('ip', 'addr', 'add', '10.0.3.1/24', 'dev', 'br0');
  world.host('ip', 'link', 'set', 'br0', 'up');
});

afterEach(() => world[Symbol.asyncDispose]());

/** Lines `N.sub = value`. */
function nets(...lines: readonly string[]): readonly Net[] {
  const entries = lines.map((line, index) => {
    const [sub = '', text = ''] = line.split(' = ');
    const key = `lxc.net.${sub}`;
    return { key, spelled: key, text, origin: { file: 'c.conf', line: index + 1 } };
  });
  return configOf(entries, []).nets;
}

function plan(...lines: readonly string[]): NetworkPlan {
  return planNetwork(nets(...lines), facts, (limit) => Math.floor(Math.random() * limit));
}

/** Runs a plan that must succeed. */
function start(...lines: readonly string[]): NetworkPlan {
  const made = plan(...lines);
  expect(world.runOnHost(made.parent)).toEqual(made.parent.map(() => 0));
  expect(world.runInside(made.child)).toEqual(made.child.map(() => 0));
  return made;
}

interface Seen {
  readonly ifname: string;
  readonly mtu: number;
  readonly flags: readonly string[];
  readonly address: string;
  readonly master?: string;
  readonly linkinfo?: { readonly info_kind: string; readonly info_data?: { readonly mode: string } };
  readonly addr_info: readonly {
    readonly local: string;
    readonly prefixlen: number;
    readonly broadcast?: string;
  }[];
}

function seen(ip: (...argv: readonly string[]) => string, name: string): Seen {
  const [found]: readonly Seen[] = JSON.parse(ip('ip', '-j', '-d', 'addr', 'show', 'dev', name));
  if (found === undefined) throw new Error(`${name} is not there`);
  return found;
}

const host = (...argv: readonly string[]) => world.host(...argv);
const inside = (...argv: readonly string[]) => world.inside(...argv);

describe('a veth pair', () => {
  test('is made with one request: port of the bridge outside, final name, address and MTU inside', () => {
    const { items } = start(
      '0.type = veth',
      '0.link = br0',
      '0.flags = up',
      '0.name = lan0',
      '0.hwaddr = 00:16:3e:01:02:03',
      '0.ipv4.address = 10.0.3.5/24',
      '0.ipv6.address = fd00::5/64',
      '0.ipv4.gateway = auto',
    );
    const port = seen(host, items.get('lxc.net.0.veth.pair') ?? '');
    expect(port).toMatchObject({ mtu: 1400, master: 'br0', addr_info: [] });
    expect(port.flags).toContain('UP');
    expect(port.address).toMatch(/^fe:/);
    const lan = seen(inside, 'lan0');
    expect(lan).toMatchObject({ mtu: 1400, address: '00:16:3e:01:02:03' });
    expect(lan.flags).toContain('UP');
    expect(lan.addr_info.slice(0, 2)).toMatchObject([
      { local: '10.0.3.5', prefixlen: 24, broadcast: '10.0.3.255' },
      { local: 'fd00::5', prefixlen: 64 },
    ]);
    expect(seen(inside, 'lo').flags).toContain('UP');
    expect(JSON.parse(inside('ip', '-j', 'route', 'show', 'default'))).toMatchObject([
      { gateway: '10.0.3.1', dev: 'lan0' },
    ]);
  });

  test('stays down inside without flags', () => {
    start('0.type = veth', '0.link = br0');
    expect(seen(inside, 'eth0').flags).not.toContain('UP');
    expect(seen(inside, 'lo').flags).not.toContain('UP');
  });

  test('is removed by its inverse, twice without an error', () => {
    const { parent } = start('0.type = veth', '0.link = br0', '0.veth.pair = web0');
    const undo = parent.flatMap((op) => op.undo ?? []);
    expect(world.runOnHost([...undo, ...undo])).toEqual([0, 0]);
    expect(host('ip', '-br', 'link')).not.toContain('web0');
    expect(inside('ip', '-br', 'link')).not.toContain('eth0');
  });

  test('reaches gateways of both families outside of its networks', () => {
    start(
      '0.type = veth',
      '0.link = br0',
      '0.flags = up',
      '0.ipv4.address = 10.7.7.7/32',
      '0.ipv4.gateway = 10.0.3.1',
      '0.ipv6.address = fd00::5/128',
      '0.ipv6.gateway = fd01::1',
    );
    expect(inside('ip', 'route')).toContain('default via 10.0.3.1 dev eth0');
    expect(inside('ip', '-6', 'route')).toContain('default via fd01::1 dev eth0');
  });

  test('is its own default route in both families for the gateway dev', () => {
    start('0.type = veth', '0.link = br0', '0.flags = up', '0.ipv4.gateway = dev', '0.ipv6.gateway = dev');
    expect(inside('ip', 'route')).toContain('default dev eth0 scope link');
    expect(inside('ip', '-6', 'route')).toContain('default dev eth0');
  });

  test('fails with ENODEV where the bridge went away, and leaves nothing', () => {
    const { parent } = plan('0.type = veth', '0.link = br0', '0.veth.pair = web0');
    host('ip', 'link', 'del', 'br0');
    expect(world.runOnHost(parent.slice(0, 1))).toEqual([19]);
    expect(host('ip', '-br', 'link')).not.toContain('web0');
  });
});

describe('a macvlan', () => {
  test.each(['private', 'vepa', 'bridge', 'passthru'])(
    'of mode %s is born up inside the container',
    (mode) => {
      const lines = [
        '0.type = macvlan',
        `0.macvlan.mode = ${mode}`,
        '0.link = br0',
        '0.flags = up',
        '0.mtu = 1300',
      ];
      start(...lines, '0.ipv4.address = 192.168.0.23/24');
      const nic = seen(inside, 'eth0');
      expect(nic.linkinfo).toMatchObject({ info_kind: 'macvlan', info_data: { mode } });
      expect(nic.flags).toContain('UP');
      expect(nic.mtu).toBe(1300);
      expect(nic.addr_info[0]).toMatchObject({ local: '192.168.0.23', broadcast: '192.168.0.255' });
      expect(host('ip', '-br', 'link', 'show', 'type', 'macvlan')).toBe('');
    },
  );

  test('cannot be passthru on a parent that has others', () => {
    start('0.type = macvlan', '0.link = br0');
    const { parent } = plan('0.type = macvlan', '0.link = br0', '0.name = eth5', '0.macvlan.mode = passthru');
    expect(world.runOnHost(parent)).toEqual([22]);
  });
});

test('the network of the board example has both interfaces up and addressed', () => {
  const nic = (index: number, address: string) => [
    `${index}.type = macvlan`,
    `${index}.macvlan.mode = vepa`,
    `${index}.flags = up`,
    `${index}.link = br0`,
    `${index}.name = eth${index}`,
    `${index}.ipv4.address = ${address}`,
  ];
  start(...nic(0, '192.168.0.23'), ...nic(1, '192.168.128.23'));
  expect(readInterfaces(world.containerPid)).toEqual(['eth0', 'eth1']);
  expect(readAddresses(world.containerPid)).toEqual([
    { name: 'eth0', family: 4, address: '192.168.0.23', prefix: 24 },
    { name: 'eth1', family: 4, address: '192.168.128.23', prefix: 24 },
  ]);
});

test('an empty network takes addresses and an MTU for lo', () => {
  start('0.type = empty', '0.flags = up', '0.mtu = 1500', '0.ipv4.address = 10.1.1.1/32');
  const lo = seen(inside, 'lo');
  expect(lo.mtu).toBe(1500);
  expect(lo.flags).toContain('UP');
  expect(lo.addr_info.map(({ local }) => local)).toContain('10.1.1.1');
});

test('addresses read from /proc are those that ip shows, without lo and link-local ones', () => {
  start(
    '0.type = veth',
    '0.link = br0',
    '0.flags = up',
    '0.ipv4.address = 10.0.3.5/24',
    '0.ipv4.address = 10.0.4.5/16',
    '0.ipv6.address = fd00::5/64',
    '1.type = veth',
    '1.link = br0',
    '1.flags = up',
    '1.ipv4.address = 10.5.3.5/24',
    '1.ipv6.address = fd01::5/64',
  );
  expect(readAddresses(world.containerPid).map(({ name, address }) => `${name} ${address}`)).toEqual([
    'eth0 10.0.3.5',
    'eth0 10.0.4.5',
    'eth1 10.5.3.5',
    'eth0 fd00::5',
    'eth1 fd01::5',
  ]);
});

test('the facts about a host name its bridge, the MTU and the address for an automatic gateway', () => {
  const script = `
    import { readNetworkFacts } from '${new URL('../../src/host/network.ts', import.meta.url).pathname}';
    import { configOf } from '${new URL('../../src/config/index.ts', import.meta.url).pathname}';
    const entry = (sub, text) => ({ key: 'lxc.net.0.' + sub, text, origin: { file: 'c', line: 1 } });
    const entries = [entry('type', 'veth'), entry('link', 'br0'), entry('ipv4.gateway', 'auto')];
    const { links } = readNetworkFacts(configOf(entries, []).nets);
    process.stdout.write(JSON.stringify([...links]));`;
  // sysfs shows the namespace of who mounted it.
  const argv = ['nsenter', '-t', `${world.hostPid}`, '-n', 'unshare', '-m', 'sh', '-ec'];
  const shell = 'mount -t sysfs sysfs /sys; exec "$0" --input-type=module -e "$1"';
  const [file = '', ...args] = [...argv, shell, process.execPath, script];
  expect(JSON.parse(execFileSync(file, args, { encoding: 'utf8' }))).toMatchObject([
    ['br0', { kind: 'bridge', mtu: 1400, addresses: [{ address: '10.0.3.1', prefix: 24 }] }],
  ]);
});
