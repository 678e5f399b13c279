/** What a user can do about an op of the network that the kernel refused, where the errno alone does not tell. */

import { errnoNumber } from '../../base/errno.ts';
import type { PlannedOp } from '../../wire/program.ts';

interface Row {
  /** What stands behind `lxc.net.N.` in the key that is to blame. */
  readonly sub: RegExp;
  /** A word of the op's act, where the key alone does not tell. */
  readonly act?: RegExp;
  readonly errno: string;
  /** `N` becomes the index of the interface. */
  readonly hint: string;
}

const create = /^(link|type)$/;
const macvlan = /^create the macvlan/;

/** The kernel's answer to a type that it does not know is the same for all. */
function missing(type: string, option: string, module: string): Row {
  const hint = `this kernel needs ${option} for it; where that is a module, run "modprobe ${module}"`;
  return { sub: create, act: new RegExp(`^create the ${type}`), errno: 'EOPNOTSUPP', hint };
}

const rows: readonly Row[] = [
  missing('veth', 'CONFIG_VETH', 'veth'),
  missing('macvlan', 'CONFIG_MACVLAN', 'macvlan'),
  missing('ipvlan', 'CONFIG_IPVLAN', 'ipvlan'),
  missing('vlan', 'CONFIG_VLAN_8021Q', '8021q'),
  {
    sub: create,
    act: /^create the ipvlan/,
    errno: 'EBUSY',
    hint: 'the link is a port of a bridge, or has macvlans',
  },
  { sub: create, act: /^create the vlan/, errno: 'EEXIST', hint: 'the link has an interface of that VLAN' },
  {
    sub: create,
    act: /^move/,
    errno: 'EINVAL',
    hint: 'an interface that belongs to its namespace, such as a wireless one, cannot be lent',
  },
  {
    sub: create,
    act: /\(passthru\)/,
    errno: 'EINVAL',
    hint: 'passthru needs the link for itself, and not lo',
  },
  {
    sub: create,
    act: macvlan,
    errno: 'EINVAL',
    hint: 'the link may be held by a passthru macvlan, be lo, or be of a smaller MTU',
  },
  {
    sub: create,
    act: macvlan,
    errno: 'EBUSY',
    hint: 'the link is a port of a bridge; set lxc.net.N.link to the bridge',
  },
  { sub: create, errno: 'EADDRINUSE', hint: 'another interface of the link has this lxc.net.N.hwaddr' },
  {
    sub: create,
    errno: 'EEXIST',
    hint: 'an interface of that name exists; choose another lxc.net.N.name or lxc.net.N.veth.pair',
  },
  { sub: create, errno: 'EINVAL', hint: 'look at lxc.net.N.mtu and at the names' },
  { sub: create, errno: 'ENODEV', hint: 'the link has gone away' },
  { sub: create, errno: 'EADDRNOTAVAIL', hint: 'lxc.net.N.hwaddr must not be a group address or all zeros' },
  {
    sub: /^ipv6\./,
    errno: 'EACCES',
    hint: 'IPv6 is switched off for this interface: look at sysctl net.ipv6.conf',
  },
  { sub: /^ipv6\./, errno: 'EOPNOTSUPP', hint: 'this kernel has no IPv6' },
  { sub: /address$/, act: /route/, errno: 'EEXIST', hint: 'the host has a route to it already' },
  { sub: /address$/, errno: 'EEXIST', hint: 'it is there twice' },
  { sub: /route$/, errno: 'EEXIST', hint: 'the host has that route already' },
  { sub: /route$/, errno: 'EINVAL', hint: 'the bits behind the prefix must be 0' },
  { sub: /vlan\.id$/, errno: 'EINVAL', hint: 'a port has VLANs from 1 to 4094' },
  { sub: /gateway$/, errno: 'ENETUNREACH', hint: 'the gateway is on none of the networks of the interface' },
  { sub: /gateway$/, errno: 'EINVAL', hint: 'the gateway is an address of the container, or of no host' },
  { sub: /gateway$/, errno: 'EEXIST', hint: 'there is a default route already' },
];

export function networkHint({ op, why: { key, act } }: PlannedOp, errno: number): string | undefined {
  const [, index, sub] = /^lxc\.net\.([0-9]+)\.(.+)$/.exec(key) ?? [];
  if (op !== 'netlink' || index === undefined || sub === undefined) return undefined;
  const row = rows.find(
    (one) => errnoNumber(one.errno) === errno && one.sub.test(sub) && (one.act?.test(act) ?? true),
  );
  return row?.hint.replaceAll('lxc.net.N.', `lxc.net.${index}.`);
}
