/**
 * Networks of an ordinary user. What has an end on the host is root's to make: a veth pair on a bridge is made by
 * lxc-user-nic, by the allowance in /etc/lxc/lxc-usernet; the container's own root does the rest inside.
 */

import { LxcError } from '../../base/error.ts';
import type { Net, NetScalar } from '../../config/index.ts';
import { setHardwareAddress, setMtu } from '../../netlink/link.ts';
import type { PlannedOp } from '../../wire/program.ts';
import type { NetworkFacts } from '../network-contract.ts';
import { insideOps } from './inside.ts';
import { containerNames } from './names.ts';
import { blame, hostLink, type Nic, type NicPlan, netlinkOp, refuse } from './nic.ts';
import { neededLink } from './upper.ts';

/** The `call` among the parent's ops at which lxc-user-nic runs. */
export const networkUser = 'network-user';

export function planUserNic(nic: Nic, user: string): NicPlan {
  const { net, name, facts } = nic;
  mustBeForUsers(net, user);
  const link = neededLink(net);
  if (hostLink(link, facts, 'ask root for the bridge, for example by "lxc-net start"').kind !== 'bridge') {
    throw refuse(link, 'it is not a bridge of the kernel', 'name one that /etc/lxc/lxc-usernet allows');
  }
  if (facts.userNics === undefined) {
    const hint =
      'have root start its service (lxc-net install systemd, then systemctl enable --now lxc-user-nic)';
    throw refuse(link, `there is no lxc-user-nic to make the pair for user ${user}`, hint);
  }
  const [hwaddr, mtu] = [net.one('hwaddr'), net.one('mtu')];
  const child = [
    ...(hwaddr === undefined
      ? []
      : [
          netlinkOp(
            setHardwareAddress(name, hwaddr.value),
            blame(net, hwaddr, `give ${name} the hardware address ${hwaddr.value}`),
          ),
        ]),
    ...(mtu === undefined
      ? []
      : [netlinkOp(setMtu(name, mtu.value), blame(net, mtu, `set the MTU of ${name} to ${mtu.value}`))]),
    ...insideOps(nic, name),
  ];
  return { parent: [], child };
}

const hostOnly = [
  'veth.mode',
  'veth.pair',
  'veth.n_rxqueues',
  'veth.n_txqueues',
  'veth.vlan.id',
  'l2proxy',
] as const satisfies readonly NetScalar[];
const hostOnlyLists = ['veth.ipv4.route', 'veth.ipv6.route', 'veth.vlan.tagged.id'] as const;

/** lxc-user-nic knows a bridge and a name, no more. */
function mustBeForUsers(net: Net, user: string): void {
  const type = net.one('type') ?? net.first;
  if (net.value('type') !== 'veth') {
    const hint = `take lxc.net.${net.index}.type = veth or empty, or none for the network of the host`;
    const message = `Failed to make an interface of type ${type.text} as user ${user}: only root can`;
    throw new LxcError(message, { origin: type.origin, hint });
  }
  const asked = [
    ...hostOnly
      .map((sub) => net.one(sub))
      .filter((entry) => entry?.value !== false && entry?.value !== 'bridge'),
    ...hostOnlyLists.flatMap((sub) => net.many(sub)),
  ].find((entry) => entry !== undefined);
  if (asked !== undefined) throw refuse(asked, `it is about the host, and user ${user} is not its root`);
}

export interface UserNic {
  readonly net: Net;
  readonly name: string;
  readonly bridge: string;
}

/** What is to be made at the call, in order. */
export function userNics(nets: readonly Net[], facts: NetworkFacts): readonly UserNic[] {
  const names = containerNames(nets, facts);
  return nets.flatMap((net) => {
    const bridge = net.one('link')?.value;
    if (net.value('type') !== 'veth' || bridge === undefined) return [];
    return [{ net, name: names.get(net) ?? '', bridge }];
  });
}

interface UserOps {
  readonly early: readonly PlannedOp[];
  readonly parent: readonly PlannedOp[];
  readonly child: readonly PlannedOp[];
}

/**
 * That of LXC asks the kernel whether its caller may look at the container. Who has changed his ids is hidden from
 * all but root; nobody else is in the pid namespace yet, so for that moment he shows himself.
 */
export function callUserNic(nets: readonly Net[], facts: NetworkFacts): UserOps {
  const [first] = userNics(nets, facts);
  if (first === undefined) return { early: [], parent: [], child: [] };
  const why = (act: string) => blame(first.net, first.net.one('link'), act);
  const make = why('have lxc-user-nic make the veth pairs');
  return {
    early: [{ op: 'dumpable', args: { on: 1 }, why: why('let lxc-user-nic see the container') }],
    parent: [{ op: 'call', args: { what: networkUser }, why: make }],
    child: [{ op: 'dumpable', args: { on: 0 }, why: why('hide the container again') }],
  };
}
