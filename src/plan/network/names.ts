/**
 * Names of interfaces. Inside the container every name is settled here, before anything is made: configured
 * names first, the others get the lowest free ethN, as the kernel would number them.
 */

import type { Net } from '../../config/index.ts';
import type { NetworkFacts } from '../network-contract.ts';
import { type Draw, refuse } from './nic.ts';
import { physLink } from './phys.ts';

export function containerNames(nets: readonly Net[], facts: NetworkFacts): ReadonlyMap<Net, string> {
  const taken = new Map([['lo', 'the loopback']]);
  const given = new Map(
    nets.flatMap((net) => {
      const name = givenName(net, facts);
      if (name !== undefined) claim(net, name, taken);
      return name === undefined ? [] : [[net, name]];
    }),
  );
  return new Map(nets.map((net) => [net, hasOwnName(net) ? (given.get(net) ?? next(taken)) : 'lo']));
}

/** An interface of the host keeps the name that it has there. */
function givenName(net: Net, facts: NetworkFacts): string | undefined {
  if (!hasOwnName(net)) return undefined;
  const name = net.one('name')?.value;
  return name ?? (net.one('type')?.value === 'phys' ? physLink(net, facts)?.name : undefined);
}

/** `empty` means lo, and `none` names what the host has. */
function hasOwnName(net: Net): boolean {
  const type = net.one('type')?.value;
  return type !== 'empty' && type !== 'none';
}

function claim(net: Net, name: string, taken: Map<string, string>): void {
  const entry = net.one('name') ?? net.one('link') ?? net.first;
  const rival = taken.get(name);
  if (rival !== undefined) throw refuse(entry, `${rival} has that name in the container already`);
  taken.set(name, entry.key);
}

function next(taken: Map<string, string>): string {
  let number = 0;
  while (taken.has(`eth${number}`)) number += 1;
  taken.set(`eth${number}`, '');
  return `eth${number}`;
}

/** One interface of the host is lent to one of the container. */
export function mustLendOnce(nets: readonly Net[], facts: NetworkFacts): void {
  const lent = new Map<string, string>();
  for (const net of nets.filter((one) => one.one('type')?.value === 'phys')) {
    const name = physLink(net, facts)?.name;
    const rival = lent.get(name ?? '');
    if (rival !== undefined) throw refuse(net.one('link') ?? net.first, `${rival} has ${name} already`);
    if (name !== undefined) lent.set(name, net.one('link')?.key ?? '');
  }
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
