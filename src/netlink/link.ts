/** Requests about interfaces: make one of any kind in one message, lend one of the host, change one, delete one. */

import { type Attributes, attribute, NLM_F, nest, optional, type Request, RTM, request } from './message.ts';
import {
  hardwareAddress,
  initPid,
  join,
  type LinkRef,
  linkIndex,
  type Piece,
  raw,
  text,
  u8,
  u16,
  u32,
} from './piece.ts';

/** if_link.h: enum IFLA_* */
const IFLA = {
  ADDRESS: attribute(1, hardwareAddress),
  IFNAME: attribute(3, text),
  MTU: attribute(4, u32),
  LINK: attribute(5, linkIndex),
  MASTER: attribute(10, linkIndex),
  LINKINFO: attribute(18, nest),
  NET_NS_PID: attribute(19, initPid),
  NUM_TX_QUEUES: attribute(31, u32),
  NUM_RX_QUEUES: attribute(32, u32),
} as const;

const IFLA_INFO = {
  KIND: attribute(1, (kind: string) => raw(Buffer.from(kind))),
  DATA: attribute(2, nest),
} as const;
const VETH_INFO = { PEER: attribute(1, (piece: Piece) => piece) } as const;
const IFLA_MACVLAN = { MODE: attribute(1, u32) } as const;
const IFLA_IPVLAN = { MODE: attribute(1, u16), FLAGS: attribute(2, u16) } as const;
const IFLA_VLAN = { ID: attribute(1, u16) } as const;

/** if_link.h: enum macvlan_mode */
export const macvlanModes = { private: 1, vepa: 2, bridge: 4, passthru: 8 } as const;

/** if_link.h: enum ipvlan_mode, and IPVLAN_F_* */
export const ipvlanModes = { l2: 0, l3: 1, l3s: 2 } as const;
export const ipvlanFlags = { bridge: 0, private: 1, vepa: 2 } as const;

const IFF_UP = 1;

/** What an interface of any kind has. `undefined`: the kernel decides. */
export interface LinkSpec {
  readonly name: string;
  readonly hwaddr: string | undefined;
  readonly mtu: number | undefined;
}

/** Numbers of queues; without them a veth has one for each processor. */
interface Queues {
  readonly rx?: number | undefined;
  readonly tx?: number | undefined;
}

export interface VethSpec {
  readonly host: LinkSpec & { readonly bridge: LinkRef | undefined };
  readonly container: LinkSpec;
  /** As the container sees them: what it sends in one queue the host receives in one. */
  readonly queues?: Queues;
}

/**
 * Makes both ends of a pair: the host's end up and on its bridge, the other inside the namespace of the
 * container's init under its final name. That one is left down: the kernel cannot open an end before its peer.
 */
export function createVeth({ host, container, queues = {} }: VethSpec): Request {
  const peer = join([
    ifinfomsg({ up: undefined }),
    nest([
      ...linkAttributes(container),
      ...queueAttributes(queues),
      IFLA.NET_NS_PID('init'),
      IFLA.IFNAME(container.name),
    ]),
  ]);
  return create({ up: true }, [
    ...linkAttributes(host),
    ...queueAttributes({ rx: queues.tx, tx: queues.rx }),
    optional(IFLA.MASTER, host.bridge),
    IFLA.IFNAME(host.name),
    IFLA.LINKINFO([IFLA_INFO.KIND('veth'), IFLA_INFO.DATA([VETH_INFO.PEER(peer)])]),
  ]);
}

/** An interface on top of one of the host's, born inside the namespace of the container's init. */
export interface UpperSpec extends LinkSpec {
  readonly parent: LinkRef;
  readonly up: boolean;
}

export function createMacvlan(spec: UpperSpec & { readonly mode: keyof typeof macvlanModes }): Request {
  return createUpper(spec, 'macvlan', [IFLA_MACVLAN.MODE(macvlanModes[spec.mode])]);
}

export interface IpvlanSpec extends UpperSpec {
  readonly mode: keyof typeof ipvlanModes;
  readonly isolation: keyof typeof ipvlanFlags;
}

export function createIpvlan(spec: IpvlanSpec): Request {
  const flags = ipvlanFlags[spec.isolation];
  return createUpper(spec, 'ipvlan', [IFLA_IPVLAN.MODE(ipvlanModes[spec.mode]), IFLA_IPVLAN.FLAGS(flags)]);
}

export function createVlan(spec: UpperSpec & { readonly id: number }): Request {
  return createUpper(spec, 'vlan', [IFLA_VLAN.ID(spec.id)]);
}

function createUpper(spec: UpperSpec, kind: string, data: Attributes): Request {
  return create({ up: spec.up ? true : undefined }, [
    ...linkAttributes(spec),
    IFLA.NET_NS_PID('init'),
    IFLA.LINK(spec.parent),
    IFLA.IFNAME(spec.name),
    IFLA.LINKINFO([IFLA_INFO.KIND(kind), IFLA_INFO.DATA(data)]),
  ]);
}

/** Moves an interface of the host, which goes down on the way, to the container's init and makes it what `spec` says. */
export function lendLink(link: LinkRef, spec: LinkSpec & { readonly up: boolean }): Request {
  return request(RTM.NEWLINK, 0, ifinfomsg({ link, up: spec.up ? true : undefined }), [
    ...linkAttributes(spec),
    IFLA.NET_NS_PID('init'),
    IFLA.IFNAME(spec.name),
  ]);
}

export function createBridge(name: string, hwaddr: string): Request {
  const kind = IFLA.LINKINFO([IFLA_INFO.KIND('bridge')]);
  return create({ up: undefined }, [IFLA.ADDRESS(hwaddr), IFLA.IFNAME(name), kind]);
}

/** Brings an interface of the sender's namespace up. */
export function bringUp(link: LinkRef): Request {
  return request(RTM.NEWLINK, 0, ifinfomsg({ link, up: true }), []);
}

export function setMtu(link: LinkRef, mtu: number): Request {
  return request(RTM.NEWLINK, 0, ifinfomsg({ link, up: undefined }), [IFLA.MTU(mtu)]);
}

export function setHardwareAddress(link: LinkRef, hwaddr: string): Request {
  return request(RTM.NEWLINK, 0, ifinfomsg({ link, up: undefined }), [IFLA.ADDRESS(hwaddr)]);
}

export function deleteLink(name: string): Request {
  return request(RTM.DELLINK, 0, ifinfomsg({ up: undefined }), [IFLA.IFNAME(name)]);
}

function create(state: { readonly up: true | undefined }, attributes: Attributes): Request {
  return request(RTM.NEWLINK, NLM_F.CREATE | NLM_F.EXCL, ifinfomsg(state), attributes);
}

function linkAttributes({ hwaddr, mtu }: LinkSpec): Attributes {
  return [optional(IFLA.ADDRESS, hwaddr), optional(IFLA.MTU, mtu)];
}

function queueAttributes({ rx, tx }: Queues): Attributes {
  return [optional(IFLA.NUM_TX_QUEUES, tx), optional(IFLA.NUM_RX_QUEUES, rx)];
}

/** struct ifinfomsg: family, padding, device type, index, flags, mask of the flags that change. */
function ifinfomsg(state: { readonly link?: LinkRef; readonly up: true | undefined }): Piece {
  const flags = state.up === true ? IFF_UP : 0;
  return join([u8(0, 0), u16(0), linkIndex(state.link ?? 0), u32(flags), u32(flags)]);
}
