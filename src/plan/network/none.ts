/** `none`: the container shares the network of the host, which is left as it is. */

import type { NetScalar } from '../../config/index.ts';
import { type Nic, type NicPlan, refuse } from './nic.ts';

const changing = [
  'hwaddr',
  'mtu',
  'name',
  'ipv4.gateway',
  'ipv6.gateway',
] as const satisfies readonly NetScalar[];

export function planNone({ net }: Nic): NicPlan {
  const scalars = changing.map((sub) => net.one(sub));
  const [asked] = [...scalars, ...net.many('ipv4.address'), ...net.many('ipv6.address')].filter(
    (entry) => entry !== undefined,
  );
  if (asked === undefined) return { parent: [], child: [] };
  throw refuse(
    asked,
    'the type none shares the network of the host',
    'take the key out, or use another type',
  );
}
