/** Network interfaces. */

import { choice, flag, numberBetween, path } from '../codec.ts';
import {
  address4,
  address6,
  bridgeVlan,
  gateway4,
  gateway6,
  hardwareAddress,
  ifName,
  mtu,
  netTypes,
  queues,
  route4,
  route6,
  up,
  vlanId,
} from '../codecs/net.ts';
import { group, many, old, one } from '../row.ts';

const macvlanModes = choice('private', 'vepa', 'bridge', 'passthru');
const ipvlanModes = choice('l3', 'l3s', 'l2');
const isolations = choice('bridge', 'private', 'vepa');

export const netKeys = {
  'lxc.net': group('Clears all interfaces when it is empty.', { was: old('lxc.network', '1.0') }),
  'lxc.net.<n>': group('Clears this interface when it is empty.', { was: old('lxc.network.<n>', '1.0') }),
  'lxc.net.<n>.type': one(choice(...netTypes), 'Kind of the interface; comes before its other keys.', {
    was: old('lxc.network.type'),
  }),
  'lxc.net.<n>.flags': one(up, 'Whether the interface is brought up.', { was: old('lxc.network.flags') }),
  'lxc.net.<n>.link': one(ifName, 'Interface of the host that it is attached to.', {
    was: old('lxc.network.link'),
  }),
  'lxc.net.<n>.name': one(ifName, 'Name inside the container.', { was: old('lxc.network.name') }),
  'lxc.net.<n>.hwaddr': one(hardwareAddress, 'Hardware address; each x is a random digit.', {
    was: old('lxc.network.hwaddr'),
  }),
  'lxc.net.<n>.mtu': one(mtu, 'Largest packet in bytes.', { was: old('lxc.network.mtu') }),
  'lxc.net.<n>.ipv4.address': many(address4, 'IPv4 address, prefix length and broadcast address.', {
    between: '\n',
    was: old('lxc.network.ipv4'),
  }),
  'lxc.net.<n>.ipv4.gateway': one(gateway4, 'Default route for IPv4.', {
    was: old('lxc.network.ipv4.gateway', '0.9'),
  }),
  'lxc.net.<n>.ipv6.address': many(address6, 'IPv6 address and prefix length.', {
    between: '\n',
    was: old('lxc.network.ipv6'),
  }),
  'lxc.net.<n>.ipv6.gateway': one(gateway6, 'Default route for IPv6.', {
    was: old('lxc.network.ipv6.gateway', '0.9'),
  }),
  'lxc.net.<n>.script.up': one(path, 'Program run on the host after the interface was made.', {
    was: old('lxc.network.script.up'),
  }),
  'lxc.net.<n>.script.down': one(path, 'Program run on the host before the interface goes.', {
    was: old('lxc.network.script.down', '0.9'),
  }),
  'lxc.net.<n>.l2proxy': one(flag, 'Whether the host answers neighbour requests for the addresses.', {
    since: '4.0',
    default: false,
  }),
  'lxc.net.<n>.veth.mode': one(
    choice('bridge', 'router'),
    'Whether the pair joins a bridge or is routed to.',
    {
      since: '4.0',
      default: 'bridge',
    },
  ),
  'lxc.net.<n>.veth.pair': one(ifName, 'Name of the end on the host.', { was: old('lxc.network.veth.pair') }),
  'lxc.net.<n>.veth.n_rxqueues': one(queues, 'Number of receive queues.', { since: '5.0' }),
  'lxc.net.<n>.veth.n_txqueues': one(queues, 'Number of transmit queues.', { since: '5.0' }),
  'lxc.net.<n>.veth.ipv4.route': many(route4, 'Route of the host to the end on the host.', {
    between: '\n',
    since: '4.0',
  }),
  'lxc.net.<n>.veth.ipv6.route': many(route6, 'Route of the host to the end on the host.', {
    between: '\n',
    since: '4.0',
  }),
  'lxc.net.<n>.veth.vlan.id': one(bridgeVlan, 'Untagged VLAN of the bridge port.', {
    unset: '0',
    since: '5.0',
  }),
  'lxc.net.<n>.veth.vlan.tagged.id': many(vlanId, 'Tagged VLAN of the bridge port.', {
    between: '\n',
    since: '5.0',
  }),
  'lxc.net.<n>.macvlan.mode': one(macvlanModes, 'Who can talk to whom on the same link.', {
    was: old('lxc.network.macvlan.mode'),
    default: 'private',
  }),
  'lxc.net.<n>.ipvlan.mode': one(ipvlanModes, 'Layer that the link works on.', {
    since: '4.0',
    default: 'l3',
  }),
  'lxc.net.<n>.ipvlan.isolation': one(isolations, 'Who can talk to whom on the same link.', {
    since: '4.0',
    default: 'bridge',
  }),
  'lxc.net.<n>.vlan.id': one(numberBetween('0-65535', 0n, 0xffffn), 'VLAN of the interface.', {
    was: old('lxc.network.vlan.id'),
    default: 0,
  }),
};
