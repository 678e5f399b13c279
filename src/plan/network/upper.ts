/** What interfaces on top of one of the host's have in common: macvlan, ipvlan, vlan. They are born inside the container. */

import type { Entry } from '../../config/index.ts';
import type { UpperSpec } from '../../netlink/link.ts';
import type { Piece } from '../../netlink/piece.ts';
import { insideOps } from './inside.ts';
import { blame, hostLink, type Nic, type NicPlan, patientOp, refuse } from './nic.ts';

export interface Upper {
  readonly request: Piece;
  /** `ipvlan eth0 (l3s)` */
  readonly what: string;
  /**
   * What the kernel answers while it still takes the namespace of the last container down, which may hold what this
   * one needs: some tens of milliseconds, and a reboot comes sooner.
   */
  readonly held: string;
}

/** No inverse: it lives in the container's namespace and ends with it. */
export function planUpper(nic: Nic, { request, what, held }: Upper, addressHeld?: string): NicPlan {
  const link = upperLink(nic);
  const why = blame(nic.net, link, `create the ${what} on ${link.value}`);
  const child = insideOps(nic, nic.name, { alreadyUp: isUp(nic), held: addressHeld });
  return { parent: [patientOp(request, held, why)], child };
}

export function upperSpec(nic: Nic): UpperSpec {
  const { net, name } = nic;
  return {
    name,
    hwaddr: net.one('hwaddr')?.value,
    mtu: net.one('mtu')?.value,
    parent: upperLink(nic).value,
    up: isUp(nic),
  };
}

function upperLink({ net, facts }: Nic): Entry<string> {
  const link = neededLink(net);
  hostLink(link, facts, listLinks);
  return link;
}

const listLinks = 'name an interface of the host; "ip link" lists them';

export function neededLink(net: Nic['net']): Entry<string> {
  const link = net.one('link');
  if (link !== undefined) return link;
  const hint = `add lxc.net.${net.index}.link`;
  throw refuse(net.one('type') ?? net.first, 'it needs an interface of the host', hint);
}

function isUp({ net }: Nic): boolean {
  return net.one('flags') !== undefined;
}
