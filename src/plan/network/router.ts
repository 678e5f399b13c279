/**
 * `veth.mode = router`: the pair is on no bridge. The host routes the addresses of the container to its end, and there
 * answers for the gateways that the container believes in.
 */

import { isIPv4 } from '../../base/net.ts';
import type { Net } from '../../config/index.ts';
import { addProxy, addRoute } from '../../netlink/address.ts';
import type { PlannedOp } from '../../wire/program.ts';
import { nextHops } from './inside.ts';
import { blame, type Nic, netlinkOp } from './nic.ts';
import { mustBeSet } from './proxy.ts';

/** Both `veth.ipv4.route` and the addresses themselves end with the pair, so there is nothing to undo. */
export function routerOps(nic: Nic, pair: string): readonly PlannedOp[] {
  return [...forwardOps(nic, pair), ...addressRoutes(nic, pair)];
}

function addressRoutes({ net }: Nic, pair: string): readonly PlannedOp[] {
  return [...net.many('ipv4.address'), ...net.many('ipv6.address')].map((entry) => {
    const { address } = entry.value;
    const route = { link: pair, family: isIPv4(address) ? 4 : 6, to: address } as const;
    return netlinkOp(addRoute(route), blame(net, entry, `add the route to ${address} through ${pair}`));
  });
}

function forwardOps({ net }: Nic, pair: string): readonly PlannedOp[] {
  const why = blame(net, net.one('veth.mode'), `make ${pair} forward`);
  return families(net)
    .flatMap((family) => (family === 4 ? ['ipv4/forwarding'] : ['ipv6/forwarding', 'ipv6/proxy_ndp']))
    .map((path): PlannedOp => {
      const [directory = '', file = ''] = path.split('/');
      const args = {
        path: `/proc/sys/net/${directory}/conf/${pair}/${file}`,
        text: Buffer.from('1'),
        flags: 0,
        mode: 0,
      };
      return { op: 'writeFile', args, why };
    });
}

function families(net: Net): readonly (4 | 6)[] {
  return ([4, 6] as const).filter(
    (family) => net.many(`ipv${family}.address`).length > 0 || net.one(`ipv${family}.gateway`) !== undefined,
  );
}

/**
 * When the container's end is up: a pair whose other end is down has no carrier, and where the kernel notices that it
 * forgets for whom the host is to answer.
 */
export function gatewayProxies(nic: Nic, pair: string): readonly PlannedOp[] {
  const { net, facts } = nic;
  const gateway6 = net.one('ipv6.gateway');
  if (gateway6 !== undefined) mustBeSet(gateway6, routerSysctls(net), facts);
  return nextHops(nic).map(({ entry, via }) =>
    netlinkOp(addProxy(pair, via), blame(net, entry, `answer for the gateway ${via} on ${pair}`)),
  );
}

/** Without it the kernel routes no IPv6 at all. */
export function routerSysctls(net: Net): readonly string[] {
  const isRouted = net.one('veth.mode')?.value === 'router' && net.one('ipv6.gateway') !== undefined;
  return isRouted ? ['net/ipv6/conf/all/forwarding'] : [];
}
