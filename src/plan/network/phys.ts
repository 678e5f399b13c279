/** `phys`: an interface of the host itself, lent to the container and brought home whatever becomes of it. */

import type { Net } from '../../config/index.ts';
import { lendLink } from '../../netlink/link.ts';
import { hardwareAddress } from '../../netlink/piece.ts';
import type { Op } from '../../wire/ops.ts';
import type { PlannedOp } from '../../wire/program.ts';
import type { LinkFact, NetworkFacts } from '../network-contract.ts';
import { insideOps } from './inside.ts';
import { blame, type Lent, type Nic, type NicPlan, netlinkOp, refuse } from './nic.ts';
import { neededLink } from './upper.ts';

export function planPhys(nic: Nic): NicPlan {
  const { net, name, facts, hold } = nic;
  const found = physLink(net, facts);
  const link = neededLink(net);
  if (found === undefined) {
    const hint = 'name an interface of the host; "ip link" lists them';
    throw refuse(link, 'the host has no such interface, or another container has it', hint);
  }
  if (found.name === 'lo') throw refuse(link, 'every network namespace has a loopback of its own');
  const [mtu, hwaddr] = [net.one('mtu')?.value, net.one('hwaddr')?.value];
  const up = net.one('flags') !== undefined;
  const request = lendLink(found.name, { name, mtu, hwaddr, up });
  const why = blame(net, link, `move ${found.name} into the container as ${name}`);
  const changed = { mtu: mtu !== undefined, hwaddr: hwaddr !== undefined };
  const lent = { move: netlinkOp(request, why), home: bringHome(found, name, hold, changed) };
  return { parent: [], lent, child: insideOps(nic, name, { alreadyUp: up }) };
}

interface Found {
  readonly name: string;
  readonly fact: LinkFact;
}

/** `eth+` is the interface with the highest index of those whose name begins with `eth`. */
export function physLink(net: Net, { links }: NetworkFacts): Found | undefined {
  const link = net.one('link')?.value ?? '';
  const named = links.get(link);
  if (named !== undefined) return { name: link, fact: named };
  if (!link.endsWith('+')) return undefined;
  const matching = [...links].filter(([name]) => name.startsWith(link.slice(0, -1)));
  return matching
    .map(([name, fact]) => ({ name, fact }))
    .toSorted((left, right) => left.fact.index - right.fact.index)
    .at(-1);
}

function bringHome(
  { name, fact }: Found,
  link: string,
  netns: string,
  changed: { readonly mtu: boolean; readonly hwaddr: boolean },
): Op {
  const hwaddr = changed.hwaddr ? hardwareAddress(fact.hwaddr ?? '').bytes : Buffer.alloc(0);
  const mtu = changed.mtu ? fact.mtu : 0;
  return { op: 'bringHome', args: { link, name, netns, index: fact.index, mtu, hwaddr } };
}

/**
 * The way home stands in the record before the first interface is moved, and in the order in which inverses run: all
 * interfaces leave the namespace before it is let go. A move that fails half way is undone as well.
 */
export function lend(all: readonly Lent[], hold: string): readonly PlannedOp[] {
  const [first] = all;
  if (first === undefined) return [];
  const release: Op = { op: 'releaseNetns', args: { path: hold } };
  const keep: Op = { op: 'holdNetns', args: { path: hold } };
  const why = { ...first.move.why, act: `hold the network namespace of the container in ${hold}` };
  return [{ ...keep, why, undo: [release, ...all.map(({ home }) => home)] }, ...all.map(({ move }) => move)];
}
