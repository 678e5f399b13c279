/** Whether the container has a network namespace of its own; only there are interfaces made. */

import { LxcError } from '../../base/error.ts';
import { type Context, type Inputs, note } from '../context.ts';
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
  return { ...network, parent: [], late: [], child: [], items: new Map(), askDown: false };
}

/** What has an end on the host is root's to make. */
export function refuseOfUser({ config, facts }: Inputs): void {
  const { user } = facts.ids;
  if (user === undefined) return;
  for (const net of config.nets) {
    const type = net.one('type');
    if (type === undefined || type.value === 'none' || type.value === 'empty') continue;
    throw new LxcError(
      `Failed to make an interface of type ${type.value} as user ${user.name}: only root can`,
      {
        origin: type.origin,
        hint: `take lxc.net.${net.index}.type = empty, or none for the network of the host`,
      },
    );
  }
}
