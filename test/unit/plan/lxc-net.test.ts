import { describe, expect, test } from 'vitest';
import { formatPlan } from '../../../src/plan/index.ts';
import { type NetFacts, planNetStart, planNetStop } from '../../../src/plan/lxc-net/plan.ts';
import { readSettings } from '../../../src/plan/lxc-net/settings.ts';

const facts: NetFacts = {
  nft: '/usr/sbin/nft',
  dnsmasq: '/usr/sbin/dnsmasq',
  user: 'nobody',
  env: ['LANG=C.UTF-8'],
  dnsmasqPid: 0,
  hasBridge: false,
  inUse: false,
};
const file = '/etc/default/lxc-net';
const settings = (...lines: readonly string[]) => readSettings(file, lines.join('\n'));

const six = [
  'LXC_BRIDGE="br9"',
  'LXC_IPV6_ADDR="fd09::1"',
  'LXC_IPV6_MASK="64"',
  'LXC_IPV6_NETWORK="fd09::/64"',
  'LXC_IPV6_NAT="true"',
  'LXC_DOMAIN="lxc"',
  'LXC_DHCP_CONFILE=/etc/lxc/dnsmasq.conf',
  'LXC_DHCP_PING=false',
];

test.each([
  ['lxc-net-start', planNetStart(settings(), facts)],
  ['lxc-net-start-ipv6', planNetStart(settings(...six), { ...facts, hasBridge: true, user: undefined })],
  ['lxc-net-stop', planNetStop(settings(), { ...facts, dnsmasqPid: 77 })],
])('the plan %s stays as it was agreed', async (name, program) => {
  await expect(formatPlan({ program, notes: [] }, 'text')).toMatchFileSnapshot(`golden/${name}.txt`);
});

test('a bridge that something is on is not removed', () => {
  const { parent } = planNetStop(settings(), { ...facts, inUse: true });
  expect(parent.map(({ op }) => op)).toEqual(['spawn', 'unlink', 'unlink']);
});

describe('settings', () => {
  test('are those of LXC without a file', () => {
    expect(readSettings(file, undefined)).toMatchObject({
      on: true,
      bridge: 'lxcbr0',
      ipv4: { address: '10.0.3.1', prefix: 24, network: '10.0.3.0/24' },
      ipv6: undefined,
    });
  });

  test.each([
    ['USE_LXC_BRIDGE="false"', { on: false }],
    ["LXC_BRIDGE='b1'  # ours", { bridge: 'b1' }],
    ['export LXC_BRIDGE=b2', { bridge: 'b2' }],
    ['LXC_NETMASK=255.255.254.0', { ipv4: { prefix: 23 } }],
    ['LXC_NETMASK=16', { ipv4: { prefix: 16 } }],
    ['# LXC_BRIDGE=b3', { bridge: 'lxcbr0' }],
    ['LXC_ADDR=', { ipv4: undefined }],
    ['OTHER=1', { on: true }],
  ])('understand %s', (line, expected) => {
    expect(settings(line)).toMatchObject(expected);
  });

  test.each([
    ['LXC_ADDR="10.0.3"', 'Cannot use "10.0.3" for LXC_ADDR: it is not an IPv4 address'],
    ['LXC_NETMASK=255.0.255.0', 'Cannot use "255.0.255.0" for LXC_NETMASK: it is not a netmask'],
    ['LXC_BRIDGE="a b"', 'Cannot use "a b" for LXC_BRIDGE: it is not the name of an interface'],
    ['LXC_NETWORK=10.0.3.0', 'Cannot use "10.0.3.0" for LXC_NETWORK: it is not of the form ADDRESS/PREFIX'],
    [
      'LXC_ADDR="$OTHER"',
      'Cannot read "LXC_ADDR="$OTHER"": it is no plain assignment; write NAME="VALUE", without what a shell would have to work out',
    ],
  ])('refuse %s with its line', (line, message) => {
    expect(() => settings('', line)).toThrow(expect.objectContaining({ origin: { file, line: 2 } }));
    try {
      settings('', line);
    } catch (error) {
      expect(String(error)).toBe(`${file}:2: ${message}`);
    }
  });
});
