/**
 * The network of a container: one planner for each type, and what they have in common. Pure: names and
 * hardware addresses that are to be random are drawn from the source that the caller hands in.
 */

import type { Entry, Net, NetType } from '../../config/index.ts';
import { bringUp } from '../../netlink/link.ts';
import type { PlannedOp } from '../../wire/program.ts';
import type { NetworkFacts, NetworkPlan } from '../network-contract.ts';
import { planEmpty } from './empty.ts';
import { planIpvlan } from './ipvlan.ts';
import { planMacvlan } from './macvlan.ts';
import { containerNames, mustHaveOwnPairs, mustLendOnce } from './names.ts';
import { blame, type Draw, loopback, type NicPlan, type NicPlanner, netlinkOp, refuse } from './nic.ts';
import { planNone } from './none.ts';
import { lend, planPhys } from './phys.ts';
import { proxyOps } from './proxy.ts';
import { mustBeSwitchable, netsAt, networkLend, networkUp, pairKey, scriptsDue } from './scripts.ts';
import { callUserNic, planUserNic } from './user.ts';
import { planVeth } from './veth.ts';
import { planVlan } from './vlan.ts';

const planners = {
  none: planNone,
  empty: planEmpty,
  veth: planVeth,
  macvlan: planMacvlan,
  ipvlan: planIpvlan,
  vlan: planVlan,
  phys: planPhys,
} satisfies Record<NetType, NicPlanner>;

/** What a plan needs besides the configuration. */
export interface NetworkInputs {
  readonly facts: NetworkFacts;
  readonly draw: Draw;
  /** A file that the container's network namespace can be held by. */
  readonly hold: string;
  /** Name of the caller who is not root. */
  readonly user?: string | undefined;
}

/** Without any interface the container gets an empty network namespace. */
export function planNetwork(nets: readonly Net[], inputs: NetworkInputs): NetworkPlan {
  const { facts, hold, user } = inputs;
  const cloneNet = !isShared(nets);
  mustBePossible(nets, facts);
  const names = containerNames(nets, facts);
  const plans = nets.map((net): [Net, NicPlan] => {
    const name = names.get(net) ?? 'lo';
    const type = typeOf(net).value;
    const nic = { net, name, ...inputs };
    const isLocal = user === undefined || type === 'empty' || type === 'none';
    return [net, isLocal ? planners[type](nic) : planUserNic(nic, user)];
  });
  const due = scriptsDue(nets, facts);
  const ofUser = callUserNic(user === undefined ? [] : nets, facts);
  return {
    cloneNet,
    parent: [
      // First, so that none of the new ones takes the index by which they are known.
      ...(due.lend ? [callScripts(nets, networkLend)] : []),
      ...lend(
        plans.flatMap(([, { lent }]) => lent ?? []),
        hold,
      ),
      ...plans.flatMap(([net, { parent }]) => [...parent, ...proxyOps(net, facts)]),
      ...ofUser.parent,
      ...(due.up ? [callScripts(nets, networkUp)] : []),
    ],
    early: ofUser.early,
    late: plans.flatMap(([, { late }]) => late ?? []),
    child: [
      ...ofUser.child,
      ...(cloneNet ? loopbackOps(nets) : []),
      ...plans.flatMap(([, { child }]) => child),
    ],
    items: new Map(plans.flatMap(([net, { pair }]) => (pair === undefined ? [] : [[pairKey(net), pair]]))),
    askDown: due.down,
  };
}

/** What concerns several interfaces, or none of them alone. */
function mustBePossible(nets: readonly Net[], facts: NetworkFacts): void {
  mustHaveOwnPairs(nets);
  mustLendOnce(nets, facts);
  mustHaveOneGateway(nets, 'ipv4.gateway');
  mustHaveOneGateway(nets, 'ipv6.gateway');
  mustBeSwitchable(nets, facts);
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

function callScripts(nets: readonly Net[], what: string): PlannedOp {
  const net = netsAt(nets, what).find((one) => one.one('script.up') !== undefined);
  const act = 'run the network scripts';
  const why = net === undefined ? { key: 'lxc.net', act } : blame(net, net.one('script.up'), act);
  return { op: 'call', args: { what }, why };
}

export { assumedFacts, neededSysctls } from './assumed.ts';
export { networkHint } from './hints.ts';
export type { Draw } from './nic.ts';
export {
  type NetworkScriptsRequest,
  netsAt,
  networkLend,
  networkScripts,
  networkUp,
} from './scripts.ts';
export { networkUser, type UserNic, userNics } from './user.ts';
