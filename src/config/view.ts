/** A configuration as the planner and the commands see it: every value typed by its key. */

import {
  type Family,
  type FamilyValues,
  keys,
  type ListKey,
  type ListValues,
  type NetList,
  type NetListValues,
  type NetScalar,
  type NetScalarDefaults,
  type NetScalarValues,
  type ScalarDefaults,
  type ScalarKey,
  type ScalarValues,
} from './keys/index.ts';
import { type Codec, isNameOf, type Row } from './row.ts';
import type { Entry, NamedEntry, Note, RawEntry } from './types.ts';

export interface Config {
  /** All that is in effect, in the order of the lines; a scalar stands where it was first set. */
  readonly entries: readonly RawEntry[];
  readonly notes: readonly Note[];
  one<K extends ScalarKey>(key: K): Entry<ScalarValues[K]> | undefined;
  /** The value or its documented default. */
  value<K extends ScalarKey>(key: K): ScalarValues[K] | ScalarDefaults[K];
  many<K extends ListKey>(key: K): readonly Entry<ListValues[K]>[];
  /** The members of one or several families, in the order of their lines across all of them. */
  family<F extends Family>(...prefixes: readonly F[]): readonly NamedEntry<FamilyValues[F]>[];
  /** Sorted by index. */
  readonly nets: readonly Net[];
}

/** One network interface; its keys are what stands behind `lxc.net.N.` */
export interface Net {
  readonly index: number;
  /** The line that opened it. */
  readonly first: RawEntry;
  one<S extends NetScalar>(sub: S): Entry<NetScalarValues[S]> | undefined;
  value<S extends NetScalar>(sub: S): NetScalarValues[S] | NetScalarDefaults[S];
  many<S extends NetList>(sub: S): readonly Entry<NetListValues[S]>[];
}

const scalars: { readonly [K in ScalarKey]: Row<ScalarValues[K], 'one', ScalarDefaults[K]> } = keys;
const lists: { readonly [K in ListKey]: Row<ListValues[K]> } = keys;
const families: { readonly [F in Family]: Row<FamilyValues[F]> } = {
  'lxc.cgroup': keys['lxc.cgroup.<file>'],
  'lxc.cgroup2': keys['lxc.cgroup2.<file>'],
  'lxc.prlimit': keys['lxc.prlimit.<name>'],
  'lxc.sysctl': keys['lxc.sysctl.<name>'],
  'lxc.proc': keys['lxc.proc.<name>'],
  'lxc.namespace.share': keys['lxc.namespace.share.<namespace>'],
};

export function configOf(entries: readonly RawEntry[], notes: readonly Note[]): Config {
  const byKey = Map.groupBy(entries, ({ key }) => key);
  const all = (key: string): readonly RawEntry[] => byKey.get(key) ?? [];
  const config: Config = {
    entries,
    notes,
    one: (key) => typed(scalars[key].codec, all(key).at(-1)),
    value: (key) => config.one(key)?.value ?? scalars[key].default,
    many: (key) => all(key).map((entry) => withValue(lists[key].codec, entry)),
    family: (...prefixes) => (prefixes.length === 0 ? [] : members(entries, prefixes)),
    nets: netsOf(entries),
  };
  return config;
}

function typed<T>(codec: Codec<T>, entry: RawEntry | undefined): Entry<T> | undefined {
  return entry === undefined ? undefined : withValue(codec, entry);
}

function withValue<T>(codec: Codec<T>, entry: RawEntry): Entry<T> {
  return { ...entry, value: codec.parse(entry.text) };
}

function members<F extends Family>(
  entries: readonly RawEntry[],
  prefixes: readonly F[],
): readonly NamedEntry<FamilyValues[F]>[] {
  return entries.flatMap((entry) => {
    const prefix = prefixes.find((one) => isNameOf(families[one], behind(entry.key, one)));
    if (prefix === undefined) return [];
    return [{ ...withValue(families[prefix].codec, entry), name: behind(entry.key, prefix) }];
  });
}

function behind(key: string, prefix: string): string {
  return key.startsWith(`${prefix}.`) ? key.slice(prefix.length + 1) : '';
}

const netKey = /^lxc\.net\.([0-9]+)\./;

function netsOf(entries: readonly RawEntry[]): readonly Net[] {
  const own = entries.filter(({ key }) => key.startsWith('lxc.net.'));
  const byIndex = Map.groupBy(own, ({ key }) => netKey.exec(key)?.[1]);
  return [...byIndex]
    .flatMap(([index, group]) => (index === undefined ? [] : netOf(Number(index), group)))
    .sort((left, right) => left.index - right.index);
}

const netScalars: { readonly [S in NetScalar]: Row<NetScalarValues[S], 'one', NetScalarDefaults[S]> } = {
  type: keys['lxc.net.<n>.type'],
  flags: keys['lxc.net.<n>.flags'],
  link: keys['lxc.net.<n>.link'],
  name: keys['lxc.net.<n>.name'],
  hwaddr: keys['lxc.net.<n>.hwaddr'],
  mtu: keys['lxc.net.<n>.mtu'],
  'ipv4.gateway': keys['lxc.net.<n>.ipv4.gateway'],
  'ipv6.gateway': keys['lxc.net.<n>.ipv6.gateway'],
  'script.up': keys['lxc.net.<n>.script.up'],
  'script.down': keys['lxc.net.<n>.script.down'],
  l2proxy: keys['lxc.net.<n>.l2proxy'],
  'veth.mode': keys['lxc.net.<n>.veth.mode'],
  'veth.pair': keys['lxc.net.<n>.veth.pair'],
  'veth.n_rxqueues': keys['lxc.net.<n>.veth.n_rxqueues'],
  'veth.n_txqueues': keys['lxc.net.<n>.veth.n_txqueues'],
  'veth.vlan.id': keys['lxc.net.<n>.veth.vlan.id'],
  'macvlan.mode': keys['lxc.net.<n>.macvlan.mode'],
  'ipvlan.mode': keys['lxc.net.<n>.ipvlan.mode'],
  'ipvlan.isolation': keys['lxc.net.<n>.ipvlan.isolation'],
  'vlan.id': keys['lxc.net.<n>.vlan.id'],
};

const netLists: { readonly [S in NetList]: Row<NetListValues[S]> } = {
  'ipv4.address': keys['lxc.net.<n>.ipv4.address'],
  'ipv6.address': keys['lxc.net.<n>.ipv6.address'],
  'veth.ipv4.route': keys['lxc.net.<n>.veth.ipv4.route'],
  'veth.ipv6.route': keys['lxc.net.<n>.veth.ipv6.route'],
  'veth.vlan.tagged.id': keys['lxc.net.<n>.veth.vlan.tagged.id'],
};

function netOf(index: number, entries: readonly RawEntry[]): readonly Net[] {
  const [first] = entries;
  if (first === undefined) return [];
  const all = (sub: string) => entries.filter(({ key }) => key === `lxc.net.${index}.${sub}`);
  const net: Net = {
    index,
    first,
    one: (sub) => typed(netScalars[sub].codec, all(sub).at(-1)),
    value: (sub) => net.one(sub)?.value ?? netScalars[sub].default,
    many: (sub) => all(sub).map((entry) => withValue(netLists[sub].codec, entry)),
  };
  return [net];
}
