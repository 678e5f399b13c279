/** `macvlan`: an interface with a hardware address of its own on top of one of the host's. */

import { createMacvlan } from '../../netlink/link.ts';
import type { Nic, NicPlan } from './nic.ts';
import { planUpper, upperSpec } from './upper.ts';

export function planMacvlan(nic: Nic): NicPlan {
  const mode = nic.net.value('macvlan.mode');
  const request = createMacvlan({ ...upperSpec(nic), mode });
  return planUpper(nic, { request, what: `macvlan ${nic.name} (${mode})`, held: heldErrno(mode) });
}

/** The last container may hold this hardware address, or the whole link. */
function heldErrno(mode: string): string {
  return mode === 'passthru' ? 'EINVAL' : 'EADDRINUSE';
}
