import { describe, expect, test } from 'vitest';
import { LxcError } from '../../../src/base/error.ts';
import { type NetworkInputs, networkHint, planNetwork } from '../../../src/plan/network/index.ts';
import type { LinkFact, NetworkFacts, NetworkPlan } from '../../../src/plan/network-contract.ts';
import type { PlannedOp } from '../../../src/wire/program.ts';
import { nets } from './nets.ts';

const br0: LinkFact = {
  index: 7,
  mtu: 1400,
  kind: 'bridge',
  addresses: [
    { address: 'fd00::1', prefix: 64 },
    { address: '10.0.3.1', prefix: 24 },
  ],
};
const links = new Map<string, LinkFact>([
  ['br0', br0],
  ['eth7', { index: 2, mtu: 1500, kind: 'other', addresses: [] }],
  ['ovs0', { index: 9, mtu: 1500, kind: 'openvswitch', addresses: [] }],
]);
const facts: NetworkFacts = { links };
const inputs: NetworkInputs = { facts, draw: () => 0, hold: '/run/web/net' };

function plan(...lines: readonly string[]): NetworkPlan {
  return planNetwork(nets(...lines), inputs);
}

function acts(ops: readonly PlannedOp[]): readonly string[] {
  return ops.map(({ op, why: { key, origin, act } }) => `${op} ${key}:${origin?.line} ${act}`);
}

function failure(...lines: readonly string[]): string {
  try {
    plan(...lines);
  } catch (error) {
    if (error instanceof LxcError) return error.toString();
    throw error;
  }
  throw new Error('the plan was made');
}

describe('a network plan', () => {
  test('without interfaces is an empty namespace', () => {
    const { cloneNet, parent, early, late, child, items, askDown } = planNetwork([], inputs);
    expect({ cloneNet, parent, early, late, child, askDown }).toEqual({
      cloneNet: true,
      parent: [],
      early: [],
      late: [],
      child: [],
      askDown: false,
    });
    expect(items.size).toBe(0);
  });

  test('of type none shares the network of the host and does nothing in it', () => {
    const { cloneNet, parent, child } = plan('type = none', 'flags = up');
    expect({ cloneNet, parent, child }).toEqual({ cloneNet: false, parent: [], child: [] });
  });

  test('of type empty brings lo up when its flags say so', () => {
    expect(plan('type = empty').child).toEqual([]);
    expect(acts(plan('type = empty', 'flags = up').child)).toEqual([
      'netlink lxc.net.0.flags:2 bring lo up in the container',
    ]);
  });

  test('of type veth makes a pair in one request, quiets the port, and configures the inside', () => {
    const { parent, child, items } = plan(
      'type = veth',
      'link = br0',
      'flags = up',
      'ipv4.address = 10.0.3.5/24',
      'ipv6.address = fd00::5/64',
      'ipv4.gateway = auto',
    );
    expect(acts(parent)).toEqual([
      'netlink lxc.net.0.link:2 create the veth pair vethAAAAAA and eth0 on br0',
      'writeFile lxc.net.0.link:2 switch off IPv6 on vethAAAAAA',
    ]);
    expect(acts(child)).toEqual([
      'netlink lxc.net.0.flags:3 bring lo up in the container',
      'netlink lxc.net.0.ipv4.address:4 add the address 10.0.3.5/24 to eth0 in the container',
      'netlink lxc.net.0.ipv6.address:5 add the address fd00::5/64 to eth0 in the container',
      'netlink lxc.net.0.flags:3 bring eth0 up in the container',
      'netlink lxc.net.0.ipv4.gateway:6 add the default route by 10.0.3.1 through eth0 in the container',
    ]);
    expect([...items]).toEqual([['lxc.net.0.veth.pair', 'vethAAAAAA']]);
  });

  test('of type veth deletes the end on the host as its inverse and forgives that it is gone', () => {
    const [create] = plan('type = veth', 'link = br0', 'veth.pair = web0').parent;
    const [undo] = create?.undo ?? [];
    expect(undo?.op === 'netlink' && undo.args.ignore).toBe(19);
    expect(undo?.op === 'netlink' && Buffer.from(undo.args.request).includes('web0\0')).toBe(true);
  });

  test('of type veth without a bridge has no port to quiet', () => {
    expect(acts(plan('type = veth', 'veth.pair = web0').parent)).toEqual([
      'netlink lxc.net.0.type:1 create the veth pair web0 and eth0',
    ]);
  });

  test('on a kernel without IPv6 leaves its switch alone', () => {
    const { parent } = planNetwork(nets('type = veth', 'link = br0'), {
      ...inputs,
      facts: { links, ipv6: false },
    });
    expect(parent.map(({ op }) => op)).toEqual(['netlink']);
  });

  test('of type macvlan spends one op on an interface that is born up', () => {
    const { parent, child } = plan(
      'type = macvlan',
      'link = eth7',
      'flags = up',
      'macvlan.mode = vepa',
      'name = lan0',
    );
    expect(acts(parent)).toEqual(['netlink lxc.net.0.link:2 create the macvlan lan0 (vepa) on eth7']);
    expect(acts(child)).toEqual(['netlink lxc.net.0.flags:3 bring lo up in the container']);
  });

  test('waits for a macvlan that the last container may still hold, by the errno that says so', () => {
    const retries = ['private', 'passthru'].map((mode) => {
      const [create] = plan('type = macvlan', 'link = eth7', `macvlan.mode = ${mode}`).parent;
      return create?.op === 'netlink' ? create.args.retry : undefined;
    });
    expect(retries).toEqual([98, 22]);
  });

  test('numbers the interfaces without a name around those that have one', () => {
    const { parent } = plan(
      'type = macvlan',
      'link = eth7',
      '1.type = macvlan',
      '1.link = eth7',
      '1.name = eth0',
      '2.type = macvlan',
      '2.link = eth7',
    );
    expect(parent.map(({ why }) => why.act.split(' ')[3])).toEqual(['eth1', 'eth0', 'eth2']);
  });

  test('reaches a gateway outside of its networks by a host route first', () => {
    const { child } = plan(
      'type = veth',
      'flags = up',
      'ipv4.address = 10.0.3.5/32',
      'ipv4.gateway = 10.9.9.1',
      'ipv6.address = fd00::5/128',
      'ipv6.gateway = fe80::1',
    );
    expect(child.slice(-3).map(({ why }) => why.act)).toEqual([
      'add the route to the gateway 10.9.9.1 through eth0 in the container',
      'add the default route by 10.9.9.1 through eth0 in the container',
      'add the default route by fe80::1 through eth0 in the container',
    ]);
  });

  test('takes the interface itself as default route for the gateway dev', () => {
    const { child } = plan('type = veth', 'flags = up', 'ipv4.gateway = dev');
    expect(child.at(-1)?.why.act).toBe('add the default route through eth0 in the container');
  });

  test('calls the brain for up scripts and for ports of an Open vSwitch', () => {
    const scripted = plan('type = empty', 'script.up = /bin/up', 'script.down = /bin/down');
    expect(scripted.askDown).toBe(true);
    expect(acts(scripted.parent)).toEqual(['call lxc.net.0.script.up:2 run the network scripts']);
    const port = plan('type = veth', 'link = ovs0');
    expect(port.askDown).toBe(true);
    expect(port.parent.at(-1)?.op).toBe('call');
  });
});

describe('a network plan is refused', () => {
  test.each([
    [
      'for a bridge that is missing',
      ['type = veth', 'link = br9'],
      'c.conf:2: Cannot use "br9" for lxc.net.0.link: the host has no interface of that name; create the bridge, for example with "ip link add br9 type bridge" and "ip link set br9 up"',
    ],
    [
      'for a veth on what is no bridge',
      ['type = veth', 'link = eth7'],
      'c.conf:2: Cannot use "eth7" for lxc.net.0.link: it is not a bridge; name a bridge, or use the type macvlan on this interface',
    ],
    [
      'for a macvlan on an unknown interface',
      ['type = macvlan', 'link = eth9'],
      'c.conf:2: Cannot use "eth9" for lxc.net.0.link: the host has no interface of that name; name an interface of the host; "ip link" lists them',
    ],
    [
      'for a macvlan without an interface',
      ['type = macvlan'],
      'c.conf:1: Cannot use "macvlan" for lxc.net.0.type: it needs an interface of the host; add lxc.net.0.link',
    ],
    [
      'for a pair name that is taken',
      ['type = veth', 'veth.pair = eth7'],
      'c.conf:2: Cannot use "eth7" for lxc.net.0.veth.pair: the host has an interface of that name already; choose another name, or remove it',
    ],
    [
      'for two interfaces of one pair name',
      ['type = veth', 'veth.pair = web0', '1.type = veth', '1.veth.pair = web0'],
      'c.conf:4: Cannot use "web0" for lxc.net.1.veth.pair: lxc.net.0.veth.pair is the same',
    ],
    [
      'for two interfaces of one name',
      ['type = veth', 'name = a', '1.type = veth', '1.name = a'],
      'c.conf:4: Cannot use "a" for lxc.net.1.name: lxc.net.0.name has that name in the container already',
    ],
    [
      'for the name of the loopback',
      ['type = veth', 'name = lo'],
      'c.conf:2: Cannot use "lo" for lxc.net.0.name: the loopback has that name in the container already',
    ],
    [
      'for a gateway without an address',
      ['type = veth', 'flags = up', 'ipv4.gateway = 10.0.0.1'],
      'c.conf:3: Cannot use "10.0.0.1" for lxc.net.0.ipv4.gateway: the interface has no IPv4 address; add lxc.net.0.ipv4.address',
    ],
    [
      'for a gateway of an interface that stays down',
      ['type = veth', 'ipv6.address = fd00::2/64', 'ipv6.gateway = fd00::1'],
      'c.conf:3: Cannot use "fd00::1" for lxc.net.0.ipv6.gateway: the interface is not brought up; add lxc.net.0.flags = up',
    ],
    [
      'for an automatic gateway whose link has no address',
      ['type = macvlan', 'link = eth7', 'flags = up', 'ipv4.address = 10.0.0.2/24', 'ipv4.gateway = auto'],
      'c.conf:5: Cannot use "auto" for lxc.net.0.ipv4.gateway: eth7 has no IPv4 address; write the address itself, or give eth7 one',
    ],
    [
      'for a second default route',
      [
        'type = veth',
        'flags = up',
        'ipv4.gateway = dev',
        '1.type = veth',
        '1.flags = up',
        '1.ipv4.gateway = dev',
      ],
      'c.conf:6: Cannot use "dev" for lxc.net.1.ipv4.gateway: lxc.net.0.ipv4.gateway has the default route already; keep one of the two',
    ],
    [
      'for none beside another type',
      ['type = none', '1.type = veth'],
      'c.conf:2: Cannot use "veth" for lxc.net.1.type: lxc.net.0.type = none shares the network of the host; take one of the two out',
    ],
    [
      'for an address with the type none',
      ['type = none', 'ipv4.address = 10.0.0.1/8'],
      'c.conf:2: Cannot use "10.0.0.1/8" for lxc.net.0.ipv4.address: the type none shares the network of the host; take the key out, or use another type',
    ],
    [
      'for an interface without a type',
      ['link = br0'],
      'c.conf:1: Cannot use "br0" for lxc.net.0.link: the interface has no type; begin with lxc.net.0.type',
    ],
  ])('%s', (_, lines, message) => {
    expect(failure(...lines)).toBe(message);
  });
});

describe('a hint for a request that the kernel refused', () => {
  test.each([
    [
      ['type = macvlan', 'link = eth7', 'macvlan.mode = passthru'],
      22,
      'passthru needs the link for itself, and not lo',
    ],
    [
      ['type = macvlan', 'link = eth7'],
      16,
      'the link is a port of a bridge; set lxc.net.0.link to the bridge',
    ],
    [['type = macvlan', 'link = eth7'], 98, 'another interface of the link has this lxc.net.0.hwaddr'],
    [
      ['type = veth'],
      17,
      'an interface of that name exists; choose another lxc.net.0.name or lxc.net.0.veth.pair',
    ],
    [['type = veth'], 1, undefined],
  ])('on %j with errno %i', (lines, errno, hint) => {
    const [create] = plan(...lines).parent;
    expect(create && networkHint(create, errno)).toBe(hint);
  });
});
