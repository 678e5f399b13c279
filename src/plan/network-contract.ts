/** What `planStart` asks of the network's plan: ops for its two lists, and what clients and the end need. */

import type { PlannedOp } from '../wire/program.ts';

export interface NetworkPlan {
  /** False where an interface of type `none` shares the host's network. */
  readonly cloneNet: boolean;
  /** Host side, after clone and before post-configure; each op that makes something names its undo. */
  readonly parent: readonly PlannedOp[];
  /** Inside, once there is a network namespace and before the parent acts on it. */
  readonly early: readonly PlannedOp[];
  /** Host side, when the container is set up and its interfaces are up. */
  readonly late: readonly PlannedOp[];
  /** Inside the network namespace, after post-configure. */
  readonly child: readonly PlannedOp[];
  /** Answers that only the run knows: `lxc.net.0.veth.pair`. */
  readonly items: ReadonlyMap<string, string>;
  /** Something is to run at the end: down scripts. */
  readonly askDown: boolean;
}

/** A host interface that the configuration names. */
export interface LinkFact {
  readonly index: number;
  readonly mtu: number;
  readonly kind: 'bridge' | 'openvswitch' | 'other';
  /** As it is now; '' where it cannot be seen. */
  readonly hwaddr?: string;
  /** Of a bridge; absent where the kernel's bridges know no VLANs. `defaultPvid` 0: none. */
  readonly vlan?: { readonly filtering: boolean; readonly defaultPvid: number };
  /** Its own addresses, for `gateway = auto`. */
  readonly addresses: readonly { readonly address: string; readonly prefix: number }[];
}

export interface NetworkFacts {
  /** Those of the names in `link` and `veth.pair` that exist; of a `link` that ends in `+` all that begin so. */
  readonly links: ReadonlyMap<string, LinkFact>;
  /** False where `ovs-vsctl` is on no path; only looked for where a bridge of Open vSwitch is named. */
  readonly hasSwitchTool?: boolean;
  /** Programs that make pairs for an ordinary user, the best first; only looked for where he asks for one. */
  readonly userNics?: readonly string[];
  /** False on a kernel without IPv6. */
  readonly ipv6?: boolean;
  /** Values of `neededSysctls`, by their path below /proc/sys. */
  readonly sysctls?: ReadonlyMap<string, string>;
}
