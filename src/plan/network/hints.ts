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

const rows: readonly Row[] = [
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
    sub: create,
    errno: 'EOPNOTSUPP',
    hint: 'load the kernel module of this type of interface, or make the link a bridge',
  },
  {
    sub: /^ipv6\./,
    errno: 'EACCES',
    hint: 'IPv6 is switched off for this interface: look at sysctl net.ipv6.conf',
  },
  { sub: /^ipv6\./, errno: 'EOPNOTSUPP', hint: 'this kernel has no IPv6' },
  { sub: /address$/, errno: 'EEXIST', hint: 'it is there twice' },
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
