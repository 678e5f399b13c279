/** What is particular to interfaces: sections in order, and keys that belong to one type. */

import { LxcError } from '../base/error.ts';
import type { RawEntry, Setting } from './types.ts';

type Entries = readonly RawEntry[];

/** `lxc.network.*` without a number: `type` opens an interface, the other keys belong to the one opened last. */
export function orderedKey(entries: Entries, pattern: string, { spelled, text, origin }: Setting): string {
  if (!pattern.includes('<n>')) return pattern;
  const opens = pattern === 'lxc.net.<n>.type';
  if (opens && text === '') return 'lxc.net';
  const index = opens ? nextIndex(entries) : openIndex(entries);
  if (index !== undefined) return pattern.replace('<n>', `${index}`);
  throw new LxcError(`Cannot use ${spelled}: no interface is open`, {
    origin,
    hint: 'an interface begins with its lxc.network.type line',
  });
}

function nextIndex(entries: Entries): number {
  const indexes = entries.map(({ key }) => Number(/^lxc\.net\.([0-9]+)/.exec(key)?.[1] ?? -1));
  return indexes.reduce((most, index) => Math.max(most, index), -1) + 1;
}

function openIndex(entries: Entries): string | undefined {
  const last = entries.findLast(({ spelled }) => spelled === 'lxc.network.type');
  return last?.key.split('.')[2];
}

// Asked before expressions are tried: compiling those is most of what reading a short file costs.
function isNet(key: string): boolean {
  return key.startsWith('lxc.net.');
}

const kindKey = /^(lxc\.net\.[0-9]+)\.(veth|macvlan|ipvlan|vlan)\./;

/** `veth.*` and the like need an interface of that type. */
export function refuseForeignKind(entries: Entries, key: string, { spelled, origin }: Setting): void {
  const [, net, kind] = (isNet(key) ? kindKey.exec(key) : undefined) ?? [];
  if (net === undefined) return;
  const type = entries.find((entry) => entry.key === `${net}.type`)?.text;
  if (type === kind) return;
  const is = type === undefined ? 'has no type yet' : `has the type ${type}`;
  throw new LxcError(`Cannot use ${spelled}: the interface ${is}`, {
    origin,
    hint: `it belongs behind ${net}.type = ${kind}`,
  });
}

/** Tells the entries that a change of the type leaves without meaning; none for other keys. */
export function isOfOtherKind({ key, text }: Pick<RawEntry, 'key' | 'text'>): (entry: RawEntry) => boolean {
  if (!isNet(key) || !key.endsWith('.type')) return () => false;
  const net = key.slice(0, -'.type'.length);
  return (entry) => {
    const [, owner, kind] = kindKey.exec(entry.key) ?? [];
    return owner === net && kind !== text;
  };
}
