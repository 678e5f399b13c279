/** `vlan`: what belongs to one VLAN of an interface of the host. */

import { createVlan } from '../../netlink/link.ts';
import { type Nic, type NicPlan, refuse } from './nic.ts';
import { planUpper, upperSpec } from './upper.ts';

const lastId = 4094;

export function planVlan(nic: Nic): NicPlan {
  const id = nic.net.one('vlan.id');
  if (id !== undefined && id.value > lastId) throw refuse(id, `VLANs are numbered from 0 to ${lastId}`);
  const number = nic.net.value('vlan.id');
  const request = createVlan({ ...upperSpec(nic), id: number });
  // A link has each VLAN once, and that of the last container may be there still.
  return planUpper(nic, { request, what: `vlan ${nic.name} (${number})`, held: 'EEXIST' });
}
