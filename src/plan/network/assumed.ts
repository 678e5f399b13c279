/**
 * Who takes a running container over plans it once more, for what clients and the end need, while the host is what
 * the start made of it: its interfaces are lent, its names taken. These facts are of a host as it may have been before.
 */

import type { Net } from '../../config/index.ts';
import type { LinkFact, NetworkFacts } from '../network-contract.ts';
import { proxySysctls } from './proxy.ts';
import { routerSysctls } from './router.ts';

/** Settings of the host that a plan looks at: paths below /proc/sys. */
export function neededSysctls(nets: readonly Net[]): readonly string[] {
  return nets.flatMap((net) => [...proxySysctls(net), ...routerSysctls(net)]);
}

export function assumedFacts(nets: readonly Net[], now: NetworkFacts): NetworkFacts {
  return {
    ...now,
    links: new Map(nets.flatMap((net) => linkOf(net, nets, now))),
    sysctls: new Map(neededSysctls(nets).map((path) => [path, '1'])),
    hasSwitchTool: true,
  };
}

/** Several networks may stand on one interface. */
function linkOf(net: Net, nets: readonly Net[], now: NetworkFacts): readonly [string, LinkFact][] {
  const name = net.one('link')?.value;
  if (name === undefined) return [];
  const fact = now.links.get(name);
  const hasPorts = nets.some((one) => one.one('link')?.value === name && one.value('type') === 'veth');
  const kind = fact?.kind === 'openvswitch' ? fact.kind : hasPorts ? 'bridge' : 'other';
  return [[name, { ...someLink, ...fact, kind, vlan: { filtering: true, defaultPvid: 0 }, addresses }]];
}

/** Of either family, for automatic gateways. */
const addresses = [
  { address: '0.0.0.0', prefix: 0 },
  { address: '::', prefix: 0 },
];
const someLink: LinkFact = { index: 0, mtu: 1500, kind: 'other', hwaddr: '00:00:00:00:00:00', addresses };
