/** Requests about addresses and routes of the sender's namespace. */

import { isIPv4 } from '../base/net.ts';
import { attribute, NLM_F, optional, type Request, RTM, request } from './message.ts';
import { ipAddress, join, type LinkRef, linkIndex, u8, u32 } from './piece.ts';

const family = { inet: 2, inet6: 10 } as const;

/** if_addr.h: enum IFA_* */
const IFA = {
  ADDRESS: attribute(1, ipAddress),
  LOCAL: attribute(2, ipAddress),
  BROADCAST: attribute(4, ipAddress),
} as const;

/** rtnetlink.h: enum rtattr_type_t */
const RTA = {
  DST: attribute(1, ipAddress),
  OIF: attribute(4, linkIndex),
  GATEWAY: attribute(5, ipAddress),
} as const;

const scope = { universe: 0, link: 253 } as const;
const RT_TABLE_MAIN = 254;
const RTPROT_BOOT = 3;
const RTN_UNICAST = 1;

export interface AddressSpec {
  readonly link: LinkRef;
  readonly address: string;
  readonly prefix: number;
  readonly broadcast?: string | undefined;
}

export function addAddress(spec: AddressSpec): Request {
  const fixed = join([u8(familyOf(spec.address), spec.prefix, 0, scope.universe), linkIndex(spec.link)]);
  return request(RTM.NEWADDR, NLM_F.CREATE | NLM_F.EXCL, fixed, [
    IFA.LOCAL(spec.address),
    optional(IFA.BROADCAST, spec.broadcast),
    IFA.ADDRESS(spec.address),
  ]);
}

/** A route to one address or, without `to`, the default route; `via` is the next hop, absent on the link itself. */
export interface RouteSpec {
  readonly link: LinkRef;
  readonly family: 4 | 6;
  readonly to?: string | undefined;
  readonly via?: string | undefined;
}

export function addRoute(spec: RouteSpec): Request {
  const bits = spec.to === undefined ? 0 : spec.family === 4 ? 32 : 128;
  const reach = spec.via === undefined && spec.family === 4 ? scope.link : scope.universe;
  const fixed = join([
    u8(spec.family === 4 ? family.inet : family.inet6, bits, 0, 0),
    u8(RT_TABLE_MAIN, RTPROT_BOOT, reach, RTN_UNICAST),
    u32(0),
  ]);
  return request(RTM.NEWROUTE, NLM_F.CREATE | NLM_F.EXCL, fixed, [
    optional(RTA.DST, spec.to),
    optional(RTA.GATEWAY, spec.via),
    RTA.OIF(spec.link),
  ]);
}

function familyOf(address: string): number {
  return isIPv4(address) ? family.inet : family.inet6;
}
