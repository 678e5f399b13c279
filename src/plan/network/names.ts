/**
 * Names of interfaces. Inside the container every name is settled here, before anything is made: configured
 * names first, the others get the lowest free ethN, as the kernel would number them.
 */

import type { Net } from '../../config/index.ts';
import { type Draw, refuse } from './nic.ts';

export function containerNames(nets: readonly Net[]): ReadonlyMap<Net, string> {
  const own = nets.filter((net) => hasOwnName(net));
  const taken = new Set(['lo']);
  for (const net of own) claim(net, own, taken);
  return new Map(nets.map((net) => [net, hasOwnName(net) ? (net.one('name')?.value ?? next(taken)) : 'lo']));
}

/** `empty` means lo, and `none` names what the host has. */
function hasOwnName(net: Net): boolean {
  const type = net.one('type')?.value;
  return type !== 'empty' && type !== 'none';
}

function claim(net: Net, all: readonly Net[], taken: Set<string>): void {
  const name = net.one('name');
  if (name === undefined) return;
  if (taken.has(name.value)) {
    const rival = all.find((other) => other !== net && other.one('name')?.value === name.value);
    throw refuse(name, `${rival?.one('name')?.key ?? 'the loopback'} has that name in the container already`);
  }
  taken.add(name.value);
}

function next(taken: Set<string>): string {
  let number = 0;
  while (taken.has(`eth${number}`)) number += 1;
  taken.add(`eth${number}`);
  return `eth${number}`;
}

/** Two pairs cannot have one name on the host. */
export function mustHaveOwnPairs(nets: readonly Net[]): void {
  const pairs = new Map<string, string>();
  for (const pair of nets.map((net) => net.one('veth.pair')).filter((entry) => entry !== undefined)) {
    const rival = pairs.get(pair.value);
    if (rival !== undefined) throw refuse(pair, `${rival} is the same`);
    pairs.set(pair.value, pair.key);
  }
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

/** `veth` and six random letters or digits: the end on the host of a pair that has no configured name. */
export function randomPairName(draw: Draw): string {
  return `veth${Array.from({ length: 6 }, () => alphabet.charAt(draw(alphabet.length))).join('')}`;
}

/**
 * A bridge takes the lowest address of its ports for its own; ends that begin with fe are never the lowest, so
 * the bridge keeps its address when containers come and go.
 */
export function bridgePortAddress(draw: Draw): string {
  const bytes = Array.from({ length: 5 }, () => draw(256).toString(16).padStart(2, '0'));
  return ['fe', ...bytes].join(':');
}
