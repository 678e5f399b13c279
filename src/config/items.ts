/** What `lxc-info -c KEY` and the monitor answer for a key: texts as C LXC prints them, line ends included. */

import { findKey, modernSpelling, plainKeys } from './lookup.ts';
import type { Row } from './row.ts';
import type { Effect, RawEntry } from './types.ts';
import type { Config, Net } from './view.ts';

/** `undefined` for a key that does not exist, or belongs to an interface that is not there or of another type. */
export function getItem(config: Config, key: string): string | undefined {
  if (key === 'lxc.net') return config.nets.map((net) => `${net.one('type')?.text ?? ''}\n`).join('');
  const found = findKey(key) ?? findKey(modernSpelling(key) ?? '');
  if (found === undefined || found.key === 'lxc.include') return undefined;
  if (found.row.kind === 'group') return showFamily(config, found.key);
  if (found.key.startsWith('lxc.net.') && !hasPlace(config, found.key)) return undefined;
  return showEntries(found.row, entriesOf(config, found.key));
}

/** Every key with an answer that is not empty: what a monitor needs to know about its container. */
export function listItems(config: Config): ReadonlyMap<string, string> {
  const present = new Set(config.entries.map(({ key }) => key));
  const keys = new Set([
    ...everyKey().flatMap(({ key, silent }) => (silent && !present.has(key) ? [] : [key])),
    ...present,
    ...config.nets.flatMap(netItems),
  ]);
  const answers = [...keys].map((key): [string, string] => [key, getItem(config, key) ?? '']);
  return new Map(answers.filter(([, answer]) => answer !== ''));
}

interface PlainKey {
  readonly key: string;
  /** Without a line of its own the answer is empty. */
  readonly silent: boolean;
}

let every: readonly PlainKey[] | undefined;

function everyKey(): readonly PlainKey[] {
  every ??= plainKeys().map((key) => ({ key, silent: isSilent(key) }));
  return every;
}

function isSilent(key: string): boolean {
  const row = findKey(key)?.row;
  return row !== undefined && row.kind !== 'group' && row.unset === '' && !key.startsWith('lxc.net');
}

/** When the line takes effect. */
export function effectOf(entry: RawEntry): Effect {
  return findKey(entry.key)?.row.effect(entry.text) ?? 'start';
}

function netItems({ index }: Net): readonly string[] {
  return ['flags', 'l2proxy', 'veth.mode', 'macvlan.mode', 'ipvlan.mode', 'ipvlan.isolation', 'vlan.id'].map(
    (sub) => `lxc.net.${index}.${sub}`,
  );
}

function hasPlace(config: Config, key: string): boolean {
  const [, index, kind] = /^lxc\.net\.([0-9]+)\.(?:(veth|macvlan|ipvlan|vlan)\.)?/.exec(key) ?? [];
  const net = config.nets.find((one) => `${one.index}` === index);
  return net !== undefined && (kind === undefined || net.one('type')?.value === kind);
}

function entriesOf(config: Config, key: string): readonly RawEntry[] {
  return config.entries.filter((entry) => entry.key === key);
}

function showEntries(row: Row<unknown>, entries: readonly RawEntry[]): string {
  const last = entries.at(-1);
  if (last === undefined) return row.unset;
  if (row.kind === 'one') return showText(row, last);
  const texts = entries.map((entry) => showText(row, entry));
  return row.between === 'line end' ? texts.map((text) => `${text}\n`).join('') : texts.join(row.between);
}

function showText(row: Row<unknown>, { text }: RawEntry): string {
  return row.codec.show(row.codec.parse(text), text);
}

function showFamily(config: Config, prefix: string): string | undefined {
  const members = config.entries.filter(({ key }) => key.startsWith(`${prefix}.`));
  if (prefix === 'lxc.hook' || prefix.startsWith('lxc.net')) return undefined;
  return members
    .flatMap((entry) => {
      const row = findKey(entry.key)?.row;
      return row?.names === undefined ? [] : [`${entry.key} = ${showText(row, entry)}\n`];
    })
    .join('');
}
