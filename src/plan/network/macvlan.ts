/** `macvlan`: an interface with an address of its own on top of one of the host's, born inside the container. */

import { createMacvlan } from '../../netlink/link.ts';
import { insideOps } from './inside.ts';
import { blame, hostLink, type Nic, type NicPlan, patientOp, refuse } from './nic.ts';

export function planMacvlan(nic: Nic): NicPlan {
  const { net, name, facts } = nic;
  const link = net.one('link');
  if (link === undefined) {
    throw refuse(
      net.one('type') ?? net.first,
      'it needs an interface of the host',
      `add lxc.net.${net.index}.link`,
    );
  }
  hostLink(link, facts, 'name an interface of the host; "ip link" lists them');
  const mode = net.value('macvlan.mode');
  const up = net.one('flags') !== undefined;
  const request = createMacvlan({
    name,
    hwaddr: net.one('hwaddr')?.value,
    mtu: net.one('mtu')?.value,
    parent: link.value,
    mode,
    up,
  });
  const why = blame(net, link, `create the macvlan ${name} (${mode}) on ${link.value}`);
  // No inverse: it lives in the container's namespace and ends with it.
  return { parent: [patientOp(request, heldErrno(mode), why)], child: insideOps(nic, name, up) };
}

/**
 * The last container with this hardware address, or with the whole link, may be gone while the kernel still takes
 * its namespace down, up to some tens of milliseconds: a reboot comes sooner.
 */
function heldErrno(mode: string): string {
  return mode === 'passthru' ? 'EINVAL' : 'EADDRINUSE';
}
