import { type Case, flagCase, textCase } from './case.ts';

const veth = ['lxc.net.0.type = veth'];
const macvlan = ['lxc.net.0.type = macvlan'];
const ipvlan = ['lxc.net.0.type = ipvlan'];

const nameCase = (key: string, after: readonly string[] = []): Case => ({
  key,
  after,
  good: [
    ['eth0', 'eth0'],
    ['a'.repeat(15), 'a'.repeat(15)],
  ],
  bad: [
    ['a'.repeat(16), 'the limit is 15'],
    ['a b', 'it is not the name of an interface'],
    ['a/b', 'it is not the name of an interface'],
  ],
});

const choiceCase = (key: string, after: readonly string[], choices: readonly string[]): Case => ({
  key,
  after,
  good: choices.map((choice): readonly [string, unknown] => [choice, choice]),
  bad: [['bogus', `it is not one of ${choices[0]}`]],
});

const queueCase = (key: string): Case => ({
  key,
  after: veth,
  good: [['4', 4]],
  bad: [
    ['0', 'it is not between 1'],
    ['many', 'it is not a whole number'],
  ],
});

export const netCases: readonly Case[] = [
  choiceCase('lxc.net.0.type', [], ['none', 'empty', 'veth', 'macvlan', 'ipvlan', 'vlan', 'phys']),
  {
    key: 'lxc.net.0.flags',
    good: [
      ['up', true],
      ['UP', true],
    ],
    bad: [['down', 'leave the value empty for an interface that stays down']],
  },
  nameCase('lxc.net.0.link'),
  nameCase('lxc.net.0.name'),
  {
    key: 'lxc.net.0.hwaddr',
    good: [
      ['00:16:3e:12:34:56', '00:16:3e:12:34:56'],
      ['00:16:3E:xx:xX:56', '00:16:3E:77:77:56'],
      ['xx:00:00:00:00:00', '76:00:00:00:00:00'],
    ],
    bad: [
      ['00:16:3e', 'it is not a hardware address'],
      ['00:16:3e:12:34:5g', 'it is not a hardware address'],
    ],
  },
  {
    key: 'lxc.net.0.mtu',
    good: [
      ['1500', 1500],
      ['0900', 900],
    ],
    bad: [
      ['0', 'it is not a number of bytes'],
      ['big', 'it is not a number of bytes'],
      ['0x500', 'it is not a number of bytes'],
    ],
  },
  {
    key: 'lxc.net.0.ipv4.address',
    good: [
      ['10.0.3.7/24', { address: '10.0.3.7', prefix: 24, broadcast: '10.0.3.255' }],
      ['10.0.3.7/24 10.0.3.99', { address: '10.0.3.7', prefix: 24, broadcast: '10.0.3.99' }],
      ['10.0.3.7/31', { address: '10.0.3.7', prefix: 31, broadcast: undefined }],
      ['10.0.3.7/32', { address: '10.0.3.7', prefix: 32, broadcast: undefined }],
      ['10.1.2.3/0', { address: '10.1.2.3', prefix: 0, broadcast: '255.255.255.255' }],
      ['10.1.2.3', { address: '10.1.2.3', prefix: 8, broadcast: '10.255.255.255' }],
      ['172.16.2.3', { address: '172.16.2.3', prefix: 16, broadcast: '172.16.255.255' }],
      ['192.168.0.23', { address: '192.168.0.23', prefix: 24, broadcast: '192.168.0.255' }],
    ],
    bad: [
      ['10.0.3.7/33', '"/33" is not a prefix length from 0 to 32'],
      ['10.0.3.7/', '"/" is not a prefix length'],
      ['10.0.3', '"10.0.3" is not an IPv4 address'],
      ['10.0.3.7/24 nowhere', '"nowhere" is not an IPv4 address'],
      ['10.0.3.7/24 10.0.3.255 x', '"x" stands after the broadcast address'],
      ['240.0.0.1', 'belongs to no class that has one'],
      ['10.0.3.7/24/8', 'is not an IPv4 address'],
    ],
  },
  {
    key: 'lxc.net.0.ipv4.gateway',
    good: [
      ['auto', 'auto'],
      ['dev', 'dev'],
      ['10.0.3.1', { address: '10.0.3.1' }],
    ],
    bad: [
      ['fe80::1', 'it is neither an IPv4 address nor auto nor dev'],
      ['10.0.3.1/24', 'it is neither an IPv4 address nor auto nor dev'],
    ],
  },
  {
    key: 'lxc.net.0.ipv6.address',
    good: [
      ['fd00::1/48', { address: 'fd00::1', prefix: 48 }],
      ['fd00::1', { address: 'fd00::1', prefix: 64 }],
    ],
    bad: [
      ['fd00::1/129', 'is not a prefix length from 0 to 128'],
      ['fe80::1%eth0', 'is not an IPv6 address'],
      ['10.0.3.1', 'is not an IPv6 address'],
    ],
  },
  {
    key: 'lxc.net.0.ipv6.gateway',
    good: [
      ['auto', 'auto'],
      ['dev', 'dev'],
      ['fe80::1', { address: 'fe80::1' }],
    ],
    bad: [['10.0.3.1', 'it is neither an IPv6 address nor auto nor dev']],
  },
  textCase('lxc.net.0.script.up', '/etc/lxc/up.sh'),
  textCase('lxc.net.0.script.down', '/etc/lxc/down.sh'),
  flagCase('lxc.net.0.l2proxy'),
  choiceCase('lxc.net.0.veth.mode', veth, ['bridge', 'router']),
  nameCase('lxc.net.0.veth.pair', veth),
  queueCase('lxc.net.0.veth.n_rxqueues'),
  queueCase('lxc.net.0.veth.n_txqueues'),
  {
    key: 'lxc.net.0.veth.ipv4.route',
    after: veth,
    good: [['10.0.0.0/8', { address: '10.0.0.0', prefix: 8 }]],
    bad: [
      ['10.0.0.0', 'it is not of the form ADDRESS/PREFIX'],
      ['10.0.0.0/40', 'is not a prefix length from 0 to 32'],
      ['fd00::/8', 'is not an IPv4 address'],
    ],
  },
  {
    key: 'lxc.net.0.veth.ipv6.route',
    after: veth,
    good: [['fd00::/8', { address: 'fd00::', prefix: 8 }]],
    bad: [
      ['fd00::', 'it is not of the form ADDRESS/PREFIX'],
      ['10.0.0.0/8', 'is not an IPv6 address'],
    ],
  },
  {
    key: 'lxc.net.0.veth.vlan.id',
    after: veth,
    good: [
      ['0', 0],
      ['4094', 4094],
      ['none', 'none'],
    ],
    bad: [
      ['4095', 'it is not between 0 and 4094'],
      ['all', 'it is not a whole number'],
    ],
  },
  {
    key: 'lxc.net.0.veth.vlan.tagged.id',
    after: veth,
    good: [['7', 7]],
    bad: [['none', 'it is not a whole number']],
  },
  choiceCase('lxc.net.0.macvlan.mode', macvlan, ['private', 'vepa', 'bridge', 'passthru']),
  choiceCase('lxc.net.0.ipvlan.mode', ipvlan, ['l3', 'l3s', 'l2']),
  choiceCase('lxc.net.0.ipvlan.isolation', ipvlan, ['bridge', 'private', 'vepa']),
  {
    key: 'lxc.net.0.vlan.id',
    after: ['lxc.net.0.type = vlan'],
    good: [
      ['100', 100],
      ['0x64', 100],
    ],
    bad: [
      ['65536', 'it is not between 0 and 65535'],
      ['blue', 'it is not a whole number'],
    ],
  },
];
