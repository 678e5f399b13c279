/**
 * The network of a container: one planner for each type, and what they have in common. Pure: names and
 * hardware addresses that are to be random are drawn from the source that the caller hands in.
 */

import type { Entry, Net, NetType } from '../../config/index.ts';
import { bringUp } from '../../netlink/link.ts';
import type { PlannedOp } from '../../wire/program.ts';
import type { NetworkFacts, NetworkPlan } from '../network-contract.ts';
import { planEmpty } from './empty.ts';
import { planLater } from './later.ts';
import { planMacvlan } from './macvlan.ts';
import { containerNames, mustHaveOwnPairs } from './names.ts';
import { blame, type Draw, loopback, type NicPlan, type NicPlanner, netlinkOp, refuse } from './nic.ts';
import { planNone } from './none.ts';
import { asks, networkUp, pairKey } from './scripts.ts';
import { planVeth } from './veth.ts';

const planners = {
  none: planNone,
  empty: planEmpty,
  veth: planVeth,
  macvlan: planMacvlan,
  ipvlan: planLater,
  vlan: planLater,
  phys: planLater,
} satisfies Record<NetType, NicPlanner>;

/** Without any interface the container gets an empty network namespace. */
export function planNetwork(nets: readonly Net[], facts: NetworkFacts, draw: Draw): NetworkPlan {
  const cloneNet = !isShared(nets);
  mustHaveOwnPairs(nets);
  mustHaveOneGateway(nets, 'ipv4.gateway');
  mustHaveOneGateway(nets, 'ipv6.gateway');
  const names = containerNames(nets);
  const plans = nets.map((net): [Net, NicPlan] => {
    const name = names.get(net) ?? 'lo';
    return [net, planners[typeOf(net).value]({ net, name, facts, draw })];
  });
  const ask = asks(nets, facts);
  return {
    cloneNet,
    parent: [...plans.flatMap(([, plan]) => plan.parent), ...(ask.up ? [callScripts(nets)] : [])],
    child: [...(cloneNet ? loopbackOps(nets) : []), ...plans.flatMap(([, plan]) => plan.child)],
    items: new Map(plans.flatMap(([net, { pair }]) => (pair === undefined ? [] : [[pairKey(net), pair]]))),
    ask,
  };
}

function typeOf(net: Net): Entry<NetType> {
  const type = net.one('type');
  if (type !== undefined) return type;
  throw refuse(net.first, 'the interface has no type', `begin with lxc.net.${net.index}.type`);
}

/** One interface of type none shares the host's network, and then no other can be made in it. */
function isShared(nets: readonly Net[]): boolean {
  const types = nets.map(typeOf);
  const none = types.find(({ value }) => value === 'none');
  const other = types.find(({ value }) => value !== 'none');
  if (none === undefined) return false;
  if (other === undefined) return true;
  throw refuse(other, `${none.key} = none shares the network of the host`, 'take one of the two out');
}

function mustHaveOneGateway(nets: readonly Net[], sub: 'ipv4.gateway' | 'ipv6.gateway'): void {
  const [first, second] = nets.map((net) => net.one(sub)).filter((entry) => entry !== undefined);
  if (first === undefined || second === undefined) return;
  throw refuse(second, `${first.key} has the default route already`, 'keep one of the two');
}

/** An interface that is up is of little use to programs that find lo down. */
function loopbackOps(nets: readonly Net[]): readonly PlannedOp[] {
  const net = nets.find((one) => one.one('flags') !== undefined);
  if (net === undefined) return [];
  return [netlinkOp(bringUp(loopback), blame(net, net.one('flags'), 'bring lo up in the container'))];
}

function callScripts(nets: readonly Net[]): PlannedOp {
  const net = nets.find((one) => one.one('script.up') !== undefined);
  const entry = net?.one('script.up');
  const act = 'run the network scripts';
  const why = net === undefined ? { key: 'lxc.net', act } : blame(net, entry, act);
  return { op: 'call', args: { what: networkUp }, why };
}

export { networkHint } from './hints.ts';
export type { Draw } from './nic.ts';
export { type NetworkScriptsRequest, networkScripts, networkUp } from './scripts.ts';
