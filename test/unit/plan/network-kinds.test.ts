/** Interfaces of the host lent to a container, on top of one of the host's, routed to, or in VLANs of a bridge. */

import { describe, expect, test } from 'vitest';
import { LxcError } from '../../../src/base/error.ts';
import { networkHint, networkScripts, planNetwork } from '../../../src/plan/network/index.ts';
import type { LinkFact, NetworkFacts, NetworkPlan } from '../../../src/plan/network-contract.ts';
import type { PlannedOp } from '../../../src/wire/program.ts';
import { nets } from './nets.ts';

const other = { mtu: 1500, kind: 'other', hwaddr: '52:54:00:00:00:07', addresses: [] } as const;
const links = new Map<string, LinkFact>([
  ['lo', { ...other, index: 1 }],
  ['eth7', { ...other, index: 7 }],
  ['eth8', { ...other, index: 8 }],
  ['br0', { ...other, index: 3, kind: 'bridge' }],
  ['br1', { ...other, index: 4, kind: 'bridge', vlan: { filtering: false, defaultPvid: 1 } }],
  ['br2', { ...other, index: 5, kind: 'bridge', vlan: { filtering: true, defaultPvid: 1 } }],
  ['ovs0', { ...other, index: 6, kind: 'openvswitch' }],
]);
const on = [
  'net/ipv4/conf/eth7/forwarding',
  'net/ipv6/conf/eth7/forwarding',
  'net/ipv6/conf/eth7/proxy_ndp',
  'net/ipv6/conf/all/forwarding',
];
const facts: NetworkFacts = {
  links,
  sysctls: new Map(on.map((path) => [path, '1'])),
  hasSwitchTool: true,
};

interface More extends Partial<NetworkFacts> {
  readonly user?: string;
}

function plan(lines: readonly string[], { user, ...more }: More = {}): NetworkPlan {
  const inputs = { facts: { ...facts, ...more }, draw: () => 0, hold: '/run/web/net', user };
  return planNetwork(nets(...lines), inputs);
}

function acts(ops: readonly PlannedOp[]): readonly string[] {
  return ops.map(({ op, why: { act } }) => `${op}: ${act}`);
}

function failure(lines: readonly string[], more: More = {}): string {
  try {
    plan(lines, more);
  } catch (error) {
    if (error instanceof LxcError) return error.toString();
    throw error;
  }
  throw new Error('the plan was made');
}

describe('an interface of type phys', () => {
  const lines = ['type = phys', 'link = eth7', 'name = wan', 'flags = up', 'ipv4.address = 10.0.0.2/24'];

  test('moves in with one request, up and named, when its namespace is held', () => {
    const { parent, child } = plan(lines);
    expect(acts(parent)).toEqual([
      'holdNetns: hold the network namespace of the container in /run/web/net',
      'netlink: move eth7 into the container as wan',
    ]);
    expect(acts(child)).toEqual([
      'netlink: bring lo up in the container',
      'netlink: add the address 10.0.0.2/24 to wan in the container',
    ]);
  });

  test('has its way home in the record before it leaves, to be run before its namespace is let go', () => {
    const [hold, move] = plan([...lines, '1.type = phys', '1.link = eth8']).parent;
    expect(hold?.undo?.map(({ op }) => op)).toEqual(['releaseNetns', 'bringHome', 'bringHome']);
    expect(hold?.undo?.[1]?.args).toEqual({
      link: 'wan',
      name: 'eth7',
      netns: '/run/web/net',
      index: 7,
      mtu: 0,
      hwaddr: Buffer.alloc(0),
    });
    expect(move?.undo).toBeUndefined();
  });

  test('gets back what the container was given for it: MTU and hardware address', () => {
    const [hold] = plan([...lines, 'mtu = 1300', 'hwaddr = 00:16:3e:00:00:01']).parent;
    expect(hold?.undo?.[1]?.args).toMatchObject({ mtu: 1500, hwaddr: Buffer.from('525400000007', 'hex') });
  });

  test('keeps the name of the host where it gets no other', () => {
    expect(acts(plan(['type = phys', 'link = eth7']).parent)[1]).toBe(
      'netlink: move eth7 into the container as eth7',
    );
  });

  test('is the last one that begins so where the link ends in a plus', () => {
    expect(acts(plan(['type = phys', 'link = eth+', 'name = wan']).parent)[1]).toBe(
      'netlink: move eth8 into the container as wan',
    );
  });

  test('has its up script run before it moves, others afterwards', () => {
    const scripted = [...lines, 'script.up = /up', '1.type = veth', '1.link = br0', '1.script.up = /up1'];
    const { parent } = plan(scripted);
    expect(parent.map(({ op, args }) => ('what' in args ? args.what : op))).toEqual([
      'network-lend',
      'holdNetns',
      'netlink',
      'netlink',
      'writeFile',
      'network-up',
    ]);
  });

  test.each([
    [
      ['type = phys'],
      'c.conf:1: Cannot use "phys" for lxc.net.0.type: it needs an interface of the host; add lxc.net.0.link',
    ],
    [
      ['type = phys', 'link = eth9'],
      'c.conf:2: Cannot use "eth9" for lxc.net.0.link: the host has no such interface, or another container has it; name an interface of the host; "ip link" lists them',
    ],
    [
      ['type = phys', 'link = lo', 'name = a'],
      'c.conf:2: Cannot use "lo" for lxc.net.0.link: every network namespace has a loopback of its own',
    ],
    [
      ['type = phys', 'link = eth7', '1.type = phys', '1.link = eth7', '1.name = b'],
      'c.conf:4: Cannot use "eth7" for lxc.net.1.link: lxc.net.0.link has eth7 already',
    ],
    [
      ['type = veth', 'name = eth7', '1.type = phys', '1.link = eth7'],
      'c.conf:4: Cannot use "eth7" for lxc.net.1.link: lxc.net.0.name has that name in the container already',
    ],
    [
      ['type = phys', 'link = eth7', 'l2proxy = 1'],
      'c.conf:3: Cannot use "1" for lxc.net.0.l2proxy: an interface of type phys has nothing on the host to answer on',
    ],
  ])('is refused: %j', (given, message) => {
    expect(failure(given)).toBe(message);
  });
});

describe('an interface on top of one of the host', () => {
  test('of type ipvlan says its mode and isolation, and waits for addresses that are still held', () => {
    const given = ['type = ipvlan', 'link = eth7', 'flags = up', 'ipv4.address = 10.0.0.2/24'];
    const { parent, child } = plan([...given, 'ipvlan.mode = l2', 'ipvlan.isolation = vepa']);
    expect(acts(parent)).toEqual(['netlink: create the ipvlan eth0 (l2, vepa) on eth7']);
    const address = child.at(-1);
    expect(address?.op === 'netlink' && address.args.retry).toBe(98);
  });

  test('of type vlan says its number, and waits for one that the last container had', () => {
    const [create] = plan(['type = vlan', 'link = eth7', 'vlan.id = 5']).parent;
    expect(create?.why.act).toBe('create the vlan eth0 (5) on eth7');
    expect(create?.op === 'netlink' && create.args.retry).toBe(17);
  });

  test.each([
    ['veth', [], 'CONFIG_VETH', 'veth'],
    ['macvlan', ['link = eth7'], 'CONFIG_MACVLAN', 'macvlan'],
    ['ipvlan', ['link = eth7'], 'CONFIG_IPVLAN', 'ipvlan'],
    ['vlan', ['link = eth7'], 'CONFIG_VLAN_8021Q', '8021q'],
  ])('of type %s names the option that a kernel without it lacks', (type, given, option, module) => {
    const [create] = plan([`type = ${type}`, ...given]).parent;
    expect(create && networkHint(create, 95)).toBe(
      `this kernel needs ${option} for it; where that is a module, run "modprobe ${module}"`,
    );
  });

  test.each([
    [
      ['type = ipvlan', 'link = eth7', 'hwaddr = 00:16:3e:00:00:01'],
      'c.conf:3: Cannot use "00:16:3e:00:00:01" for lxc.net.0.hwaddr: an ipvlan has the hardware address of its link; take the line out, or use the type macvlan',
    ],
    [
      ['type = vlan', 'link = eth7', 'vlan.id = 5000'],
      'c.conf:3: Cannot use "5000" for lxc.net.0.vlan.id: VLANs are numbered from 0 to 4094',
    ],
    [
      ['type = vlan', 'vlan.id = 5'],
      'c.conf:1: Cannot use "vlan" for lxc.net.0.type: it needs an interface of the host; add lxc.net.0.link',
    ],
  ])('is refused: %j', (given, message) => {
    expect(failure(given)).toBe(message);
  });
});

describe('a veth in the mode router', () => {
  const lines = [
    'type = veth',
    'veth.mode = router',
    'veth.pair = web0',
    'flags = up',
    'link = eth7',
    'ipv4.address = 10.7.0.2/32',
    'ipv4.gateway = 169.254.0.1',
    'ipv6.address = fd07::2/128',
    'ipv6.gateway = fe80::1',
    'veth.ipv4.route = 10.55.0.0/16',
    'veth.ipv6.route = fd55::/64',
  ];

  test('is on no bridge: the host routes to it, and answers for its gateways once it is up', () => {
    const { parent, late } = plan(lines);
    expect(acts(parent)).toEqual([
      'netlink: create the veth pair web0 and eth0',
      'writeFile: make web0 forward',
      'writeFile: make web0 forward',
      'writeFile: make web0 forward',
      'netlink: add the route to 10.7.0.2 through web0',
      'netlink: add the route to fd07::2 through web0',
      'netlink: add the route to 10.55.0.0/16 through web0',
      'netlink: add the route to fd55::/64 through web0',
    ]);
    expect(acts(late)).toEqual([
      'netlink: answer for the gateway 169.254.0.1 on web0',
      'netlink: answer for the gateway fe80::1 on web0',
    ]);
  });

  test('with l2proxy has the host answer for it on the link, until it ends', () => {
    const proxies = plan([...lines, 'l2proxy = 1']).parent.slice(-2);
    expect(acts(proxies)).toEqual([
      'netlink: answer for 10.7.0.2 on eth7',
      'netlink: answer for fd07::2 on eth7',
    ]);
    expect(
      proxies.map(({ undo }) => undo?.map(({ op, args }) => ('ignore' in args ? [op, args.ignore] : op))),
    ).toEqual([[['netlink', 2]], [['netlink', 2]]]);
  });

  test.each([
    [
      'all/forwarding',
      lines,
      'c.conf:9: Cannot use "fe80::1" for lxc.net.0.ipv6.gateway: it needs the host\'s setting net/ipv6/conf/all/forwarding = 1; run "sysctl -w net/ipv6/conf/all/forwarding=1"',
    ],
    [
      'eth7/forwarding',
      [...lines, 'l2proxy = 1'],
      'c.conf:12: Cannot use "1" for lxc.net.0.l2proxy: it needs the host\'s setting net/ipv4/conf/eth7/forwarding = 1; run "sysctl -w net/ipv4/conf/eth7/forwarding=1"',
    ],
  ])('is refused while %s is off', (end, given, message) => {
    const sysctls = new Map(on.filter((path) => !path.endsWith(end)).map((path) => [path, '1']));
    expect(failure(given, { sysctls })).toBe(message);
  });
});

describe('l2proxy', () => {
  test('of an ipvlan routes its addresses to the loopback of the host, and takes that back', () => {
    const given = [
      'type = ipvlan',
      'link = eth7',
      'ipvlan.mode = l3s',
      'ipv4.address = 10.0.0.2/24',
      'l2proxy = 1',
    ];
    const { parent } = plan(given);
    expect(acts(parent)).toEqual([
      'netlink: create the ipvlan eth0 (l3s, bridge) on eth7',
      'netlink: answer for 10.0.0.2 on eth7',
      'netlink: add the route to 10.0.0.2 through lo',
    ]);
    expect(parent[2]?.undo).toHaveLength(1);
  });

  test.each([
    [
      ['type = ipvlan', 'link = eth7', 'l2proxy = 1'],
      'c.conf:3: Cannot use "1" for lxc.net.0.l2proxy: only the mode l3s lets the host answer; set lxc.net.0.ipvlan.mode = l3s',
    ],
    [
      ['type = veth', 'l2proxy = 1'],
      'c.conf:2: Cannot use "1" for lxc.net.0.l2proxy: there is no link to answer on; add lxc.net.0.link',
    ],
  ])('is refused: %j', (given, message) => {
    expect(failure(given)).toBe(message);
  });
});

describe('VLANs of a bridge port', () => {
  const veth = ['type = veth', 'veth.pair = web0'];

  test('replace the one that every port begins with', () => {
    const given = [
      ...veth,
      'link = br2',
      'veth.vlan.id = 5',
      'veth.vlan.tagged.id = 6',
      'veth.vlan.tagged.id = 7',
    ];
    expect(acts(plan(given).parent).slice(2)).toEqual([
      'netlink: take away the VLAN 1 of web0 on br2',
      'netlink: set the VLAN 5 of web0 on br2',
      'netlink: add the tagged VLAN 6 of web0 on br2',
      'netlink: add the tagged VLAN 7 of web0 on br2',
    ]);
  });

  test('leave a port without an untagged one for none', () => {
    expect(acts(plan([...veth, 'link = br2', 'veth.vlan.id = none']).parent).slice(2)).toEqual([
      'netlink: take away the VLAN 1 of web0 on br2',
    ]);
  });

  test.each([
    [['veth.vlan.id = 5'], 'vlan_mode=access tag=5'],
    [['veth.vlan.tagged.id = 6', 'veth.vlan.tagged.id = 7'], 'vlan_mode=trunk trunks=6,7'],
    [['veth.vlan.id = 5', 'veth.vlan.tagged.id = 6'], 'vlan_mode=native-untagged tag=5 trunks=6'],
  ])('are told to Open vSwitch with the port: %j', (given, words) => {
    const [command] = networkScripts({
      when: 'up',
      container: 'c',
      nets: nets(...veth, 'link = ovs0', ...given),
      facts,
      items: new Map([['lxc.net.0.veth.pair', 'web0']]),
      hookVersion: 0,
      env: [],
    });
    expect(command?.text).toBe(`exec ovs-vsctl --may-exist add-port 'ovs0' 'web0' ${words}`);
  });

  test.each([
    [
      ['link = br0', 'veth.vlan.id = 5'],
      'c.conf:4: Cannot use "5" for lxc.net.0.veth.vlan.id: the bridges of this kernel know no VLANs; it needs CONFIG_BRIDGE_VLAN_FILTERING and CONFIG_VLAN_8021Q',
    ],
    [
      ['link = br1', 'veth.vlan.tagged.id = 5'],
      'c.conf:4: Cannot use "5" for lxc.net.0.veth.vlan.tagged.id: the bridge br1 does not look at VLANs; run "ip link set br1 type bridge vlan_filtering 1"',
    ],
    [
      ['veth.vlan.id = 5'],
      'c.conf:3: Cannot use "5" for lxc.net.0.veth.vlan.id: the pair is on no bridge; set lxc.net.0.link, in the mode bridge',
    ],
    [
      ['link = br2', 'veth.vlan.id = 5', 'veth.vlan.tagged.id = 5'],
      'c.conf:5: Cannot use "5" for lxc.net.0.veth.vlan.tagged.id: lxc.net.0.veth.vlan.id has it as the untagged VLAN',
    ],
    [
      ['link = ovs0', 'veth.vlan.id = none'],
      'c.conf:4: Cannot use "none" for lxc.net.0.veth.vlan.id: a port of an Open vSwitch bridge is in some VLAN; add lxc.net.0.veth.vlan.tagged.id',
    ],
  ])('are refused: %j', (given, message) => {
    expect(failure([...veth, ...given])).toBe(message);
  });
});

test('a bridge of Open vSwitch is refused where its tool is missing', () => {
  expect(failure(['type = veth', 'link = ovs0'], { hasSwitchTool: false })).toBe(
    'c.conf:2: Cannot use "ovs0" for lxc.net.0.link: it is a bridge of Open vSwitch, and there is no ovs-vsctl to add a port to it; install openvswitch-switch, or name a bridge of the kernel',
  );
});

describe('the network of an ordinary user', () => {
  const user = { user: 'bob', userNics: ['/usr/libexec/lxc/lxc-user-nic'] };
  const veth = ['type = veth', 'link = br0', 'flags = up'];

  test('is made by lxc-user-nic while the container shows itself, and finished inside', () => {
    const { early, parent, child } = plan([...veth, 'hwaddr = 00:16:3e:00:00:01', 'mtu = 1400'], user);
    expect(acts(early)).toEqual(['dumpable: let lxc-user-nic see the container']);
    expect(parent.map(({ op, args }) => ('what' in args ? args.what : op))).toEqual(['network-user']);
    expect(acts(child)).toEqual([
      'dumpable: hide the container again',
      'netlink: bring lo up in the container',
      'netlink: give eth0 the hardware address 00:16:3e:00:00:01',
      'netlink: set the MTU of eth0 to 1400',
      'netlink: bring eth0 up in the container',
    ]);
  });

  test('of the types none and empty needs nobody', () => {
    const { early, parent, child } = plan(['type = empty', 'flags = up'], user);
    expect([early, parent, acts(child)]).toEqual([[], [], ['netlink: bring lo up in the container']]);
  });

  test.each([
    [
      ['type = macvlan', 'link = eth7'],
      'c.conf:1: Failed to make an interface of type macvlan as user bob: only root can; take lxc.net.0.type = veth or empty, or none for the network of the host',
    ],
    [
      [...veth, 'veth.mode = router'],
      'c.conf:4: Cannot use "router" for lxc.net.0.veth.mode: it is about the host, and user bob is not its root',
    ],
    [
      [...veth, 'veth.ipv4.route = 10.0.0.0/8'],
      'c.conf:4: Cannot use "10.0.0.0/8" for lxc.net.0.veth.ipv4.route: it is about the host, and user bob is not its root',
    ],
    [
      ['type = veth', 'link = br7'],
      'c.conf:2: Cannot use "br7" for lxc.net.0.link: the host has no interface of that name; ask root for the bridge, for example by "lxc-net start"',
    ],
    [
      ['type = veth', 'link = eth7'],
      'c.conf:2: Cannot use "eth7" for lxc.net.0.link: it is not a bridge of the kernel; name one that /etc/lxc/lxc-usernet allows',
    ],
  ])('is refused: %j', (given, message) => {
    expect(failure(given, user)).toBe(message);
  });

  test('is refused where nothing could make it', () => {
    expect(failure(veth, { user: 'bob' })).toBe(
      'c.conf:2: Cannot use "br0" for lxc.net.0.link: there is no lxc-user-nic to make the pair for user bob; have root start its service (lxc-net install systemd, then systemctl enable --now lxc-user-nic)',
    );
  });
});
