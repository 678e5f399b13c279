/** The ops that the child runs in the container's namespace for one interface: addresses, up, default routes. */

import { isIPv4, nodeNet } from '../../base/net.ts';
import type { Address6, Entry, Gateway, Net } from '../../config/index.ts';
import { addAddress, addRoute } from '../../netlink/address.ts';
import { bringUp } from '../../netlink/link.ts';
import type { LinkRef } from '../../netlink/piece.ts';
import type { PlannedOp } from '../../wire/program.ts';
import { blame, hostLink, type Nic, netlinkOp, patientOp, refuse } from './nic.ts';

export interface Born {
  /** The interface was made in this state, so that no op is spent on it. */
  readonly alreadyUp?: boolean;
  /** The errno while a namespace that the kernel takes down still has an address. */
  readonly held?: string | undefined;
}

export function insideOps(nic: Nic, link: LinkRef, { alreadyUp, held }: Born = {}): readonly PlannedOp[] {
  return [
    ...addressOps(nic, link, held),
    ...(alreadyUp === true ? [] : upOps(nic, link)),
    ...gatewayOps(nic, link),
  ];
}

function addressOps({ net, name }: Nic, link: LinkRef, held: string | undefined): readonly PlannedOp[] {
  return [...net.many('ipv4.address'), ...net.many('ipv6.address')].map((entry) => {
    const act = `add the address ${entry.value.address}/${entry.value.prefix} to ${name} in the container`;
    const request = addAddress({ link, ...entry.value });
    const why = blame(net, entry, act);
    return held === undefined ? netlinkOp(request, why) : patientOp(request, held, why);
  });
}

function upOps({ net, name }: Nic, link: LinkRef): readonly PlannedOp[] {
  const flags = net.one('flags');
  if (flags === undefined) return [];
  return [netlinkOp(bringUp(link), blame(net, flags, `bring ${name} up in the container`))];
}

function gatewayOps(nic: Nic, link: LinkRef): readonly PlannedOp[] {
  const { net } = nic;
  return [
    ...defaultRoute(nic, link, 4, net.one('ipv4.gateway'), net.many('ipv4.address')),
    ...defaultRoute(nic, link, 6, net.one('ipv6.gateway'), net.many('ipv6.address')),
  ];
}

function defaultRoute(
  nic: Nic,
  link: LinkRef,
  family: 4 | 6,
  gateway: Entry<Gateway> | undefined,
  addresses: readonly Entry<Address6>[],
): readonly PlannedOp[] {
  if (gateway === undefined) return [];
  const { net, name } = nic;
  mustBeUp(net, gateway);
  const via = nextHop(nic, family, gateway, addresses.length);
  const why = (act: string) => blame(net, gateway, `${act} through ${name} in the container`);
  const route = addRoute({ link, family, via });
  if (via === undefined) return [netlinkOp(route, why('add the default route'))];
  const main = netlinkOp(route, why(`add the default route by ${via}`));
  if (isReachable(via, family, addresses)) return [main];
  return [netlinkOp(addRoute({ link, family, to: via }), why(`add the route to the gateway ${via}`)), main];
}

function mustBeUp(net: Net, gateway: Entry<Gateway>): void {
  if (net.one('flags') !== undefined) return;
  throw refuse(gateway, 'the interface is not brought up', `add lxc.net.${net.index}.flags = up`);
}

/** The gateways that are addresses, as they are known once `auto` is one. */
export function nextHops(nic: Nic): readonly { readonly entry: Entry<Gateway>; readonly via: string }[] {
  return ([4, 6] as const).flatMap((family) => {
    const entry = nic.net.one(`ipv${family}.gateway`);
    if (entry === undefined) return [];
    const via = nextHop(nic, family, entry, nic.net.many(`ipv${family}.address`).length);
    return via === undefined ? [] : [{ entry, via }];
  });
}

function nextHop(nic: Nic, family: 4 | 6, gateway: Entry<Gateway>, addresses: number): string | undefined {
  if (gateway.value === 'dev') return undefined;
  if (addresses === 0) {
    const hint = `add lxc.net.${nic.net.index}.ipv${family}.address`;
    throw refuse(gateway, `the interface has no IPv${family} address`, hint);
  }
  return gateway.value === 'auto' ? automatic(nic, family, gateway) : gateway.value.address;
}

/** The address of the host's interface: the bridge is the container's router. */
function automatic({ net, facts }: Nic, family: 4 | 6, gateway: Entry<Gateway>): string {
  const link = net.one('link');
  if (link === undefined) {
    throw refuse(gateway, 'it is the address of the link and there is none', 'write the address itself');
  }
  const { addresses } = hostLink(link, facts, 'name an interface of the host');
  const found = addresses.find(({ address }) => isIPv4(address) === (family === 4));
  if (found !== undefined) return found.address;
  const hint = `write the address itself, or give ${link.value} one`;
  throw refuse(gateway, `${link.value} has no IPv${family} address`, hint);
}

/** Whether the next hop is on a network of the interface; link-local ones always are. */
function isReachable(via: string, family: 4 | 6, addresses: readonly Entry<Address6>[]): boolean {
  const type = family === 4 ? 'ipv4' : 'ipv6';
  const near = new (nodeNet().BlockList)();
  if (family === 6) near.addSubnet('fe80::', 10, type);
  for (const { value } of addresses) near.addSubnet(value.address, value.prefix, type);
  return near.check(via, type);
}
