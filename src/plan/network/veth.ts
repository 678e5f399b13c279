/** `veth`: a pair of interfaces, one end in the container, the other on the host, usually as port of a bridge. */

import type { Entry, Net } from '../../config/index.ts';
import { addRoute } from '../../netlink/address.ts';
import { createVeth, deleteLink } from '../../netlink/link.ts';
import type { PlannedOp } from '../../wire/program.ts';
import type { LinkFact } from '../network-contract.ts';
import { insideOps } from './inside.ts';
import { bridgePortAddress, randomPairName } from './names.ts';
import { blame, hostLink, type Nic, type NicPlan, netlinkOp, netlinkUndo, refuse } from './nic.ts';
import { portVlanOps, portVlans } from './port-vlan.ts';
import { gatewayProxies, routerOps } from './router.ts';

export function planVeth(nic: Nic): NicPlan {
  const pair = pairName(nic);
  const isRouted = nic.net.value('veth.mode') === 'router';
  const port = isRouted ? undefined : portOf(nic);
  mustHaveBridge(nic.net, port);
  return {
    parent: [
      createOp(nic, pair, port),
      ...(port === undefined ? [] : portOps(nic, pair, port)),
      ...(isRouted ? routerOps(nic, pair) : []),
      ...routeOps(nic, pair),
    ],
    late: isRouted ? gatewayProxies(nic, pair) : [],
    child: insideOps(nic, nic.name),
    pair,
  };
}

interface Port {
  readonly link: Entry<string>;
  readonly bridge: LinkFact;
}

function portOf(nic: Nic): Port | undefined {
  const link = nic.net.one('link');
  return link === undefined ? undefined : { link, bridge: bridgeFact(link, nic) };
}

function mustHaveBridge(net: Net, port: Port | undefined): void {
  const vlans = portVlans(net);
  const asked = vlans?.untagged ?? vlans?.tagged[0];
  if (asked === undefined || port !== undefined) return;
  throw refuse(asked, 'the pair is on no bridge', `set lxc.net.${net.index}.link, in the mode bridge`);
}

function pairName({ net, facts, draw }: Nic): string {
  const given = net.one('veth.pair');
  if (given === undefined) return randomPairName(draw);
  if (!facts.links.has(given.value)) return given.value;
  throw refuse(given, 'the host has an interface of that name already', `choose another name, or remove it`);
}

function bridgeFact(link: Entry<string>, { facts }: Nic): LinkFact {
  const make = `create the bridge, for example with "ip link add ${link.value} type bridge" and "ip link set ${link.value} up"`;
  const fact = hostLink(link, facts, make);
  if (fact.kind !== 'other') return fact;
  throw refuse(link, 'it is not a bridge', 'name a bridge, or use the type macvlan on this interface');
}

function createOp({ net, name, facts, draw }: Nic, pair: string, port: Port | undefined): PlannedOp {
  const link = net.one('link');
  const mtu = net.one('mtu')?.value ?? facts.links.get(link?.value ?? '')?.mtu;
  const request = createVeth({
    host: {
      name: pair,
      hwaddr: port === undefined ? undefined : bridgePortAddress(draw),
      mtu,
      // A port of an Open vSwitch is added by its own tool, in the call for scripts.
      bridge: port?.bridge.kind === 'bridge' ? port.link.value : undefined,
    },
    container: { name, hwaddr: net.one('hwaddr')?.value, mtu },
    queues: { rx: net.one('veth.n_rxqueues')?.value, tx: net.one('veth.n_txqueues')?.value },
  });
  const place = port === undefined ? '' : ` on ${port.link.value}`;
  const why = blame(net, link, `create the veth pair ${pair} and ${name}${place}`);
  return netlinkOp(request, why, [netlinkUndo(deleteLink(pair))]);
}

function portOps(nic: Nic, pair: string, { link, bridge }: Port): readonly PlannedOp[] {
  return [
    ...(needsQuiet(nic) ? [quietPortOp(nic, pair, link)] : []),
    ...(bridge.kind === 'bridge' ? portVlanOps(nic.net, pair, bridge) : []),
  ];
}

/** Routes of IPv6 through the port need it there. */
function needsQuiet({ net, facts }: Nic): boolean {
  return facts.ipv6 !== false && net.many('veth.ipv6.route').length === 0;
}

function routeOps({ net }: Nic, pair: string): readonly PlannedOp[] {
  const routes = [
    ...net.many('veth.ipv4.route').map((entry) => ({ entry, family: 4 as const })),
    ...net.many('veth.ipv6.route').map((entry) => ({ entry, family: 6 as const })),
  ];
  return routes.map(({ entry, family }) => {
    const { address, prefix } = entry.value;
    const request = addRoute({ link: pair, family, to: address, prefix });
    return netlinkOp(request, blame(net, entry, `add the route to ${address}/${prefix} through ${pair}`));
  });
}

/**
 * A port of a bridge needs no addresses of its own, and must not answer for the host. A container works without
 * it as well: where /proc/sys is read-only (a host that is a container itself) the log says so, no more.
 */
function quietPortOp({ net }: Nic, pair: string, link: Entry<string>): PlannedOp {
  return {
    op: 'writeFile',
    args: { path: `/proc/sys/net/ipv6/conf/${pair}/disable_ipv6`, text: Buffer.from('1'), flags: 0, mode: 0 },
    why: blame(net, link, `switch off IPv6 on ${pair}`),
    optional: true,
  };
}
