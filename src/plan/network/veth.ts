/** `veth`: a pair of interfaces, one end in the container, the other on the host, usually as port of a bridge. */

import type { Entry } from '../../config/index.ts';
import { createVeth, deleteLink } from '../../netlink/link.ts';
import type { PlannedOp } from '../../wire/program.ts';
import type { LinkFact } from '../network-contract.ts';
import { insideOps } from './inside.ts';
import { bridgePortAddress, randomPairName } from './names.ts';
import { blame, hostLink, type Nic, type NicPlan, netlinkOp, netlinkUndo, refuse } from './nic.ts';

export function planVeth(nic: Nic): NicPlan {
  const pair = pairName(nic);
  const link = nic.net.one('link');
  const bridge = link === undefined ? undefined : bridgeFact(link, nic);
  const parent = [createOp(nic, pair, link, bridge)];
  if (link !== undefined && nic.facts.ipv6 !== false) parent.push(quietPortOp(nic, pair, link));
  return { parent, child: insideOps(nic, nic.name), pair };
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

function createOp(
  { net, name, draw }: Nic,
  pair: string,
  link: Entry<string> | undefined,
  bridge: LinkFact | undefined,
): PlannedOp {
  const mtu = net.one('mtu')?.value ?? bridge?.mtu;
  const request = createVeth({
    host: {
      name: pair,
      hwaddr: bridge === undefined ? undefined : bridgePortAddress(draw),
      mtu,
      // A port of an Open vSwitch is added by its own tool, in the call for scripts.
      bridge: bridge?.kind === 'bridge' ? link?.value : undefined,
    },
    container: { name, hwaddr: net.one('hwaddr')?.value, mtu },
  });
  const place = link === undefined ? '' : ` on ${link.value}`;
  const why = blame(net, link, `create the veth pair ${pair} and ${name}${place}`);
  return netlinkOp(request, why, [netlinkUndo(deleteLink(pair))]);
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
