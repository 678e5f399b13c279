/** What `planStart` asks of the network's plan: ops for its two lists, and what clients and the end need. */

import type { PlannedOp } from '../wire/program.ts';

export interface NetworkPlan {
  /** False where an interface of type `none` shares the host's network. */
  readonly cloneNet: boolean;
  /** Host side, after clone and before post-configure; each op that makes something names its undo. */
  readonly parent: readonly PlannedOp[];
  /** Inside the network namespace, after post-configure. */
  readonly child: readonly PlannedOp[];
  /** Answers that only the run knows: `lxc.net.0.veth.pair`. */
  readonly items: ReadonlyMap<string, string>;
  /** Scripts that the brain runs: up at the `call network-up` among the parent's ops, down at the end. */
  readonly ask: { readonly up: boolean; readonly down: boolean };
}

/** A host interface that the configuration names. */
export interface LinkFact {
  readonly index: number;
  readonly mtu: number;
  readonly kind: 'bridge' | 'openvswitch' | 'other';
  /** Its own addresses, for `gateway = auto`. */
  readonly addresses: readonly { readonly address: string; readonly prefix: number }[];
}

export interface NetworkFacts {
  /** Those of the names in `link` and `veth.pair` that exist. */
  readonly links: ReadonlyMap<string, LinkFact>;
  /** False on a kernel without IPv6. */
  readonly ipv6?: boolean;
}
