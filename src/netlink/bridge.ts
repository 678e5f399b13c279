/** Requests about the VLANs that the port of a bridge belongs to. */

import { attribute, nest, type Request, RTM, request } from './message.ts';
import { join, type LinkRef, linkIndex, type Piece, u8, u16, u32 } from './piece.ts';

const AF_BRIDGE = 7;
const IFLA_AF_SPEC = attribute(26, nest);

/** if_bridge.h */
const IFLA_BRIDGE = { FLAGS: attribute(0, u16), VLAN_INFO: attribute(2, join) } as const;
const BRIDGE_FLAGS_MASTER = 1;
const BRIDGE_VLAN_INFO = { PVID: 2, UNTAGGED: 4 } as const;

/** `untagged`: what comes without a tag belongs to this VLAN, and what leaves for the port loses its tag. */
export function addPortVlan(
  port: LinkRef,
  id: number,
  { untagged }: { readonly untagged: boolean },
): Request {
  const flags = untagged ? BRIDGE_VLAN_INFO.PVID | BRIDGE_VLAN_INFO.UNTAGGED : 0;
  return portVlan(RTM.SETLINK, port, flags, id);
}

export function deletePortVlan(port: LinkRef, id: number): Request {
  return portVlan(RTM.DELLINK, port, 0, id);
}

function portVlan(type: number, port: LinkRef, flags: number, id: number): Request {
  return request(type, 0, ifinfomsg(port), [
    IFLA_AF_SPEC([IFLA_BRIDGE.FLAGS(BRIDGE_FLAGS_MASTER), IFLA_BRIDGE.VLAN_INFO([u16(flags), u16(id)])]),
  ]);
}

/** struct ifinfomsg with nothing but family and index. */
function ifinfomsg(port: LinkRef): Piece {
  return join([u8(AF_BRIDGE, 0), u16(0), linkIndex(port), u32(0), u32(0)]);
}
