/** Whether the container has a network namespace of its own; only there are interfaces made. */

import { type Context, note } from '../context.ts';
import type { NetworkPlan } from '../network-contract.ts';

/**
 * A container that joins or keeps another network namespace (lxc.namespace.share.net, --share-net,
 * lxc.namespace.keep) uses it as it is: its interfaces are left out, as in C LXC, and the user is told.
 */
export function ownNetwork(context: Context, network: NetworkPlan): NetworkPlan {
  const { spaces, config } = context;
  if (spaces.cloned.has('net') || !network.cloneNet) return network;
  for (const net of config.nets) {
    note(
      context,
      net.first,
      `lxc.net.${net.index} is left out: the container uses another network namespace`,
    );
  }
  return { ...network, parent: [], early: [], late: [], child: [], items: new Map(), askDown: false };
}
