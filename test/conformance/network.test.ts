/** Network plans, executed by the helper in namespaces of our own; `ip` and /proc tell what became of them. */

import { execFileSync } from 'node:child_process';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { errnoNumber } from '../../src/base/errno.ts';
import { configOf, type Net } from '../../src/config/index.ts';
import { readAddresses, readInterfaces } from '../../src/host/addresses.ts';
import { planNetwork } from '../../src/plan/network/index.ts';
import type { NetworkFacts, NetworkPlan } from '../../src/plan/network-contract.ts';
import { type Container, Workshop, World } from './network/world.ts';

const bridge = {
  index: 2,
  kind: 'bridge',
  mtu: 1400,
  addresses: [{ address: '10.0.3.1', prefix: 24 }],
} as const;
const facts: NetworkFacts = { links: new Map([['br0', bridge]]) };

let workshop: Workshop;
let world: World;

// The compiler may run.
beforeAll(() => {
  workshop = new Workshop();
}, 120_000);

afterAll(() => workshop[Symbol.dispose]());

beforeEach(async () => {
  world = await World.open(workshop);
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
  return planNetwork(nets(...lines), {
    facts,
    draw: (limit) => Math.floor(Math.random() * limit),
    hold: '/run/lxc-ts-network-test',
  });
}

function start(...lines: readonly string[]): Promise<Container> {
  return world.start(plan(...lines));
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

type Ip = (...argv: readonly string[]) => string;

function seen(run: Ip, name: string): Seen {
  const [found]: readonly Seen[] = JSON.parse(run('ip', '-j', '-d', 'addr', 'show', 'dev', name));
  if (found === undefined) throw new Error(`${name} is not there`);
  return found;
}

const host: Ip = (...argv) => world.host(...argv);

function insideOf(container: Container): Ip {
  return (...argv) => container.inside(...argv);
}

describe('a veth pair', () => {
  test('is made with one request: port of the bridge outside, final name, address and MTU inside', async () => {
    const made = plan(
      '0.type = veth',
      '0.link = br0',
      '0.flags = up',
      '0.name = lan0',
      '0.hwaddr = 00:16:3e:01:02:03',
      '0.ipv4.address = 10.0.3.5/24',
      '0.ipv6.address = fd00::5/64',
      '0.ipv4.gateway = auto',
    );
    const container = await world.start(made);
    const inside = insideOf(container);
    const port = seen(host, made.items.get('lxc.net.0.veth.pair') ?? '');
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

  test('stays down inside without flags', async () => {
    const inside = insideOf(await start('0.type = veth', '0.link = br0'));
    expect(seen(inside, 'eth0').flags).not.toContain('UP');
    expect(seen(inside, 'lo').flags).not.toContain('UP');
  });

  test('is gone from the host when its container has ended', async () => {
    const container = await start('0.type = veth', '0.link = br0', '0.veth.pair = web0');
    expect(host('ip', '-br', 'link')).toContain('web0');
    await container.stop();
    expect(host('ip', '-br', 'link')).not.toContain('web0');
  });

  test('can be made again under the same name as soon as its container has ended', async () => {
    const lines = ['0.type = veth', '0.link = br0', '0.veth.pair = web0'];
    for (let round = 0; round < 3; round++) await (await start(...lines)).stop();
    expect(host('ip', '-br', 'link')).not.toContain('web0');
  });

  test('reaches gateways of both families outside of its networks', async () => {
    const container = await start(
      '0.type = veth',
      '0.link = br0',
      '0.flags = up',
      '0.ipv4.address = 10.7.7.7/32',
      '0.ipv4.gateway = 10.0.3.1',
      '0.ipv6.address = fd00::5/128',
      '0.ipv6.gateway = fd01::1',
    );
    expect(container.inside('ip', 'route')).toContain('default via 10.0.3.1 dev eth0');
    expect(container.inside('ip', '-6', 'route')).toContain('default via fd01::1 dev eth0');
  });

  test('is its own default route in both families for the gateway dev', async () => {
    const lines = ['0.type = veth', '0.link = br0', '0.flags = up'];
    const container = await start(...lines, '0.ipv4.gateway = dev', '0.ipv6.gateway = dev');
    expect(container.inside('ip', 'route')).toContain('default dev eth0 scope link');
    expect(container.inside('ip', '-6', 'route')).toContain('default dev eth0');
  });

  test('fails with ENODEV where the bridge went away, and leaves nothing', async () => {
    const made = plan('0.type = veth', '0.link = br0', '0.veth.pair = web0');
    host('ip', 'link', 'del', 'br0');
    expect(await world.fail(made)).toMatchObject({ list: 0, index: 1, errno: errnoNumber('ENODEV') });
    expect(host('ip', '-br', 'link')).not.toContain('web0');
  });

  test('is removed where the inside fails, and the failing op is named', async () => {
    const made = plan('0.type = veth', '0.link = br0', '0.veth.pair = web0');
    const bad = plan('0.type = veth', '0.link = br0', '0.name = other0', '0.ipv4.address = 10.0.3.5/24');
    const result = await world.fail({ ...made, child: bad.child });
    expect(result).toMatchObject({ list: 1, index: 1, errno: errnoNumber('ENODEV') });
    expect(host('ip', '-br', 'link')).not.toContain('web0');
  });

  test('does not take the interface of another away that has its name', async () => {
    const made = plan('0.type = veth', '0.link = br0', '0.veth.pair = web0');
    host('ip', 'link', 'add', 'web0', 'type', 'bridge');
    expect(await world.fail(made)).toMatchObject({ list: 0, index: 1, errno: errnoNumber('EEXIST') });
    expect(host('ip', '-br', 'link')).toContain('web0');
  });
});

describe('a macvlan', () => {
  test.each(['private', 'vepa', 'bridge', 'passthru'])(
    'of mode %s is born up inside the container',
    async (mode) => {
      const lines = ['0.type = macvlan', `0.macvlan.mode = ${mode}`, '0.link = br0', '0.flags = up'];
      const container = await start(...lines, '0.mtu = 1300', '0.ipv4.address = 192.168.0.23/24');
      const nic = seen(insideOf(container), 'eth0');
      expect(nic.linkinfo).toMatchObject({ info_kind: 'macvlan', info_data: { mode } });
      expect(nic.flags).toContain('UP');
      expect(nic.mtu).toBe(1300);
      expect(nic.addr_info[0]).toMatchObject({ local: '192.168.0.23', broadcast: '192.168.0.255' });
      expect(host('ip', '-br', 'link', 'show', 'type', 'macvlan')).toBe('');
    },
  );

  test('cannot be passthru on a parent that has others', async () => {
    await start('0.type = macvlan', '0.link = br0');
    const made = plan('0.type = macvlan', '0.link = br0', '0.macvlan.mode = passthru');
    expect(await world.fail(made)).toMatchObject({ index: 1, errno: errnoNumber('EINVAL') });
  });

  test.each([['passthru'], ['private']])(
    'of mode %s with a fixed hardware address follows at once on one that has ended',
    async (mode) => {
      const lines = ['0.type = macvlan', `0.macvlan.mode = ${mode}`, '0.link = br0', '0.flags = up'];
      const made = plan(...lines, '0.hwaddr = 00:16:3e:01:02:03');
      for (let round = 0; round < 4; round++) await (await world.start(made)).stop();
    },
  );
});

test('the network of the board example has both interfaces up and addressed', async () => {
  const nic = (index: number, address: string) => [
    `${index}.type = macvlan`,
    `${index}.macvlan.mode = vepa`,
    `${index}.flags = up`,
    `${index}.link = br0`,
    `${index}.name = eth${index}`,
    `${index}.ipv4.address = ${address}`,
  ];
  const { pid } = await start(...nic(0, '192.168.0.23'), ...nic(1, '192.168.128.23'));
  expect(readInterfaces(pid)).toEqual(['eth0', 'eth1']);
  expect(readAddresses(pid)).toEqual([
    { name: 'eth0', family: 4, address: '192.168.0.23', prefix: 24 },
    { name: 'eth1', family: 4, address: '192.168.128.23', prefix: 24 },
  ]);
});

test('an empty network takes addresses and an MTU for lo', async () => {
  const lines = ['0.type = empty', '0.flags = up', '0.mtu = 1500', '0.ipv4.address = 10.1.1.1/32'];
  const lo = seen(insideOf(await start(...lines)), 'lo');
  expect(lo.mtu).toBe(1500);
  expect(lo.flags).toContain('UP');
  expect(lo.addr_info.map(({ local }) => local)).toContain('10.1.1.1');
});

test('addresses read from /proc are those of the configuration, without lo and link-local ones', async () => {
  const { pid } = await start(
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
  expect(readAddresses(pid).map(({ name, address }) => `${name} ${address}`)).toEqual([
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
    const { links } = readNetworkFacts(configOf(entries, []).nets, { uid: 0, env: [] });
    process.stdout.write(JSON.stringify([...links]));`;
  // sysfs shows the namespace of who mounted it.
  const argv = ['nsenter', '-t', `${world.hostPid}`, '-n', 'unshare', '-m', 'sh', '-ec'];
  const shell = 'mount -t sysfs sysfs /sys; exec "$0" --input-type=module -e "$1"';
  const [file = '', ...args] = [...argv, shell, process.execPath, script];
  expect(JSON.parse(execFileSync(file, args, { encoding: 'utf8' }))).toMatchObject([
    ['br0', { kind: 'bridge', mtu: 1400, addresses: [{ address: '10.0.3.1', prefix: 24 }] }],
  ]);
});
