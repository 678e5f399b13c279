/** Requests about addresses, routes and neighbours of the sender's namespace. */

import { isIPv4 } from '../base/net.ts';
import { type Attributes, attribute, NLM_F, optional, type Request, RTM, request } from './message.ts';
import { ipAddress, join, type LinkRef, linkIndex, type Piece, u8, u32 } from './piece.ts';

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

/** neighbour.h */
const NDA = { DST: attribute(1, ipAddress) } as const;
const NUD_PERMANENT = 0x80;
const NTF_PROXY = 0x08;

const scope = { universe: 0, link: 253, nowhere: 255 } as const;
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

/** A route to one address or network (`to`) or, without it, the default route. */
export interface RouteSpec {
  readonly link: LinkRef;
  readonly family: 4 | 6;
  readonly to?: string | undefined;
  /** Of `to`; the whole address where it is left out. */
  readonly prefix?: number | undefined;
  /** The next hop, absent on the link itself. */
  readonly via?: string | undefined;
}

export function addRoute(spec: RouteSpec): Request {
  const reach = spec.via === undefined && spec.family === 4 ? scope.link : scope.universe;
  const kind = { protocol: RTPROT_BOOT, scope: reach, type: RTN_UNICAST };
  return request(RTM.NEWROUTE, NLM_F.CREATE | NLM_F.EXCL, rtmsg(spec, kind), routeAttributes(spec));
}

export function deleteRoute(spec: RouteSpec): Request {
  const any = { protocol: 0, scope: scope.nowhere, type: 0 };
  return request(RTM.DELROUTE, 0, rtmsg(spec, any), routeAttributes(spec));
}

interface RouteKind {
  readonly protocol: number;
  readonly scope: number;
  readonly type: number;
}

/** struct rtmsg: family, lengths of destination and source, tos, table, protocol, scope, type, flags. */
function rtmsg({ family: number, to, prefix }: RouteSpec, kind: RouteKind): Piece {
  const bits = to === undefined ? 0 : (prefix ?? (number === 4 ? 32 : 128));
  return join([
    u8(number === 4 ? family.inet : family.inet6, bits, 0, 0),
    u8(RT_TABLE_MAIN, kind.protocol, kind.scope, kind.type),
    u32(0),
  ]);
}

function routeAttributes({ link, to, via }: RouteSpec): Attributes {
  return [optional(RTA.DST, to), optional(RTA.GATEWAY, via), RTA.OIF(link)];
}

/** The host answers for `address` on `link`, so that neighbours there send to it what is meant for the container. */
export function addProxy(link: LinkRef, address: string): Request {
  return request(RTM.NEWNEIGH, NLM_F.CREATE | NLM_F.EXCL, proxyMessage(link, address), [NDA.DST(address)]);
}

export function deleteProxy(link: LinkRef, address: string): Request {
  return request(RTM.DELNEIGH, 0, proxyMessage(link, address), [NDA.DST(address)]);
}

/** struct ndmsg: family, padding, index, state, flags, type. */
function proxyMessage(link: LinkRef, address: string): Piece {
  return join([u8(familyOf(address), 0, 0, 0), linkIndex(link), u8(NUD_PERMANENT, 0, NTF_PROXY, 0)]);
}

function familyOf(address: string): number {
  return isIPv4(address) ? family.inet : family.inet6;
}
