/**
 * `l2proxy`: the host answers on the link for the addresses of the container, so that neighbours there send it what
 * is meant for the container. Forwarding it on is up to the host's settings, which are looked at, not changed.
 */

import { isIPv4 } from '../../base/net.ts';
import type { Net, RawEntry } from '../../config/index.ts';
import { addProxy, addRoute, deleteProxy, deleteRoute } from '../../netlink/address.ts';
import type { PlannedOp } from '../../wire/program.ts';
import type { NetworkFacts } from '../network-contract.ts';
import { blame, hostLink, loopback, netlinkOp, netlinkUndo, refuse } from './nic.ts';

const types = new Set(['veth', 'macvlan', 'ipvlan', 'vlan']);

export function proxyOps(net: Net, facts: NetworkFacts): readonly PlannedOp[] {
  const asked = net.one('l2proxy');
  if (asked?.value !== true) return [];
  const link = net.one('link');
  const type = net.value('type') ?? '';
  if (!types.has(type))
    throw refuse(asked, `an interface of type ${type} has nothing on the host to answer on`);
  if (link === undefined)
    throw refuse(asked, 'there is no link to answer on', `add lxc.net.${net.index}.link`);
  hostLink(link, facts, 'name an interface of the host; "ip link" lists them');
  if (type === 'ipvlan' && net.value('ipvlan.mode') !== 'l3s') {
    throw refuse(
      asked,
      'only the mode l3s lets the host answer',
      `set lxc.net.${net.index}.ipvlan.mode = l3s`,
    );
  }
  mustBeSet(asked, proxySysctls(net), facts);
  return addresses(net).flatMap((address) => [
    proxyOn(net, asked, link.value, address),
    ...(type === 'ipvlan' ? [routeToLoopback(net, asked, address)] : []),
  ]);
}

function addresses(net: Net): readonly string[] {
  return [...net.many('ipv4.address'), ...net.many('ipv6.address')].map(({ value }) => value.address);
}

/** The entry on a link that stays is taken away at the end. */
function proxyOn(net: Net, asked: RawEntry, link: string, address: string): PlannedOp {
  const why = blame(net, asked, `answer for ${address} on ${link}`);
  return netlinkOp(addProxy(link, address), why, [netlinkUndo(deleteProxy(link, address), 'ENOENT')]);
}

/** The kernel answers only for what it would send elsewhere than to the link, where the ipvlan is. */
function routeToLoopback(net: Net, asked: RawEntry, address: string): PlannedOp {
  const route = { link: loopback, family: isIPv4(address) ? 4 : 6, to: address } as const;
  const why = blame(net, asked, `add the route to ${address} through lo`);
  return netlinkOp(addRoute(route), why, [netlinkUndo(deleteRoute(route), 'ESRCH')]);
}

/** Paths below /proc/sys. */
export function proxySysctls(net: Net): readonly string[] {
  const link = net.one('link')?.value;
  if (link === undefined || net.one('l2proxy')?.value !== true) return [];
  return [
    ...(net.many('ipv4.address').length > 0 ? [`net/ipv4/conf/${link}/forwarding`] : []),
    ...(net.many('ipv6.address').length > 0
      ? [`net/ipv6/conf/${link}/forwarding`, `net/ipv6/conf/${link}/proxy_ndp`]
      : []),
  ];
}

export function mustBeSet(entry: RawEntry, paths: readonly string[], { sysctls }: NetworkFacts): void {
  const missing = paths.find((path) => sysctls?.get(path) !== '1');
  if (missing === undefined) return;
  throw refuse(entry, `it needs the host's setting ${missing} = 1`, `run "sysctl -w ${missing}=1"`);
}
