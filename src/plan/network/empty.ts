/** `empty`: a network namespace with nothing but lo; the keys of this interface speak of lo. */

import { setMtu } from '../../netlink/link.ts';
import { insideOps } from './inside.ts';
import { blame, loopback, type Nic, type NicPlan, netlinkOp } from './nic.ts';

export function planEmpty(nic: Nic): NicPlan {
  const mtu = nic.net.one('mtu');
  const why = blame(nic.net, mtu, `set the MTU of lo in the container to ${mtu?.value}`);
  const size = mtu === undefined ? [] : [netlinkOp(setMtu(loopback, mtu.value), why)];
  // lo is brought up once for all interfaces, before any of their ops.
  return { parent: [], child: [...size, ...insideOps(nic, loopback, { alreadyUp: true })] };
}
