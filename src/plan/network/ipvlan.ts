/** `ipvlan`: an interface that shares the hardware address of one of the host's and is known by its IP addresses. */

import { createIpvlan } from '../../netlink/link.ts';
import { type Nic, type NicPlan, refuse } from './nic.ts';
import { planUpper, upperSpec } from './upper.ts';

export function planIpvlan(nic: Nic): NicPlan {
  const { net, name } = nic;
  const hwaddr = net.one('hwaddr');
  if (hwaddr !== undefined) {
    const hint = 'take the line out, or use the type macvlan';
    throw refuse(hwaddr, 'an ipvlan has the hardware address of its link', hint);
  }
  const [mode, isolation] = [net.value('ipvlan.mode'), net.value('ipvlan.isolation')];
  const request = createIpvlan({ ...upperSpec(nic), mode, isolation });
  const what = `ipvlan ${name} (${mode}, ${isolation})`;
  // No two ipvlans of a link may have one address, and the last container's may be there still.
  return planUpper(nic, { request, what, held: 'EADDRINUSE' }, 'EADDRINUSE');
}
