import { describe, expect, test } from 'vitest';
import { configOf, type Net } from '../../../src/config/index.ts';
import { type NetworkScriptsRequest, networkScripts } from '../../../src/plan/network/index.ts';

const net = nets('lxc.net.0', 'type = veth', 'link = br0', 'script.up = /etc/up', 'script.down = /etc/down');
const base: NetworkScriptsRequest = {
  when: 'up',
  container: "o'c1",
  nets: net,
  facts: { links: new Map() },
  items: new Map([['lxc.net.0.veth.pair', 'vethA']]),
  hookVersion: 0,
  env: ['LXC_NAME=c1'],
};

function nets(spelling: string, ...lines: readonly string[]): readonly Net[] {
  const entries = lines.map((line, index) => {
    const [sub = '', text = ''] = line.split(' = ');
    return {
      key: `lxc.net.0.${sub}`,
      spelled: `${spelling}.${sub}`,
      text,
      origin: { file: 'c.conf', line: index },
    };
  });
  return configOf(entries, []).nets;
}

function texts(request: Partial<NetworkScriptsRequest>): readonly string[] {
  return networkScripts({ ...base, ...request }).map(({ text }) => text);
}

describe('a network script', () => {
  test('of version 0 gets name, section, direction, type, link and end on the host as quoted words', () => {
    expect(texts({})).toEqual([`exec /etc/up 'o'\\''c1' 'net' 'up' 'veth' 'br0' 'vethA'`]);
    expect(texts({ when: 'down' })).toEqual([`exec /etc/down 'o'\\''c1' 'net' 'down' 'veth' 'br0' 'vethA'`]);
  });

  test('of the old dialect gets the end on the host without the link', () => {
    const old = nets('lxc.network', 'type = veth', 'link = br0', 'script.up = /etc/up');
    expect(texts({ nets: old, container: 'c1' })).toEqual([`exec /etc/up 'c1' 'net' 'up' 'veth' 'vethA'`]);
  });

  test('of a macvlan gets the link in either dialect', () => {
    const words = ['type = macvlan', 'link = eth7', 'script.up = /etc/up'];
    const expected = [`exec /etc/up 'c1' 'net' 'up' 'macvlan' 'eth7'`];
    for (const spelling of ['lxc.network', 'lxc.net.0']) {
      expect(texts({ nets: nets(spelling, ...words), items: new Map(), container: 'c1' })).toEqual(expected);
    }
  });

  test('of an empty network gets no more than the type', () => {
    const empty = nets('lxc.net.0', 'type = empty', 'link = br0', 'script.up = /etc/up');
    expect(texts({ nets: empty, items: new Map(), container: 'c1' })).toEqual([
      `exec /etc/up 'c1' 'net' 'up' 'empty'`,
    ]);
  });

  test('of version 1 is told by its environment', () => {
    const [command] = networkScripts({ ...base, hookVersion: 1 });
    expect(command).toMatchObject({
      text: 'exec /etc/up',
      env: [
        'LXC_NAME=c1',
        'LXC_HOOK_TYPE=up',
        'LXC_HOOK_SECTION=net',
        'LXC_NET_TYPE=veth',
        'LXC_NET_PARENT=br0',
        'LXC_NET_PEER=vethA',
      ],
      why: { key: 'lxc.net.0.script.up', origin: { file: 'c.conf', line: 2 } },
    });
  });
});

test('a port of an Open vSwitch is added before the up script and taken away after the down script', () => {
  const ovs = { index: 3, mtu: 1500, kind: 'openvswitch', addresses: [] } as const;
  const facts = { links: new Map([['br0', ovs]]) };
  expect(texts({ facts, container: 'c1' })).toEqual([
    `exec ovs-vsctl --may-exist add-port 'br0' 'vethA'`,
    `exec /etc/up 'c1' 'net' 'up' 'veth' 'br0' 'vethA'`,
  ]);
  expect(texts({ facts, container: 'c1', when: 'down' })).toEqual([
    `exec /etc/down 'c1' 'net' 'down' 'veth' 'br0' 'vethA'`,
    `exec ovs-vsctl --if-exists del-port 'br0' 'vethA'`,
  ]);
});
