/** From a key as it is spelled to its row. The look-up is exact: the order of the table does not matter. */

import { LxcError, type Origin } from '../base/error.ts';
import { keys } from './keys/index.ts';
import { nearest } from './nearest.ts';
import { isNameOf, type Row } from './row.ts';

export interface Found {
  /** The current spelling, with numbers and names filled in. */
  readonly key: string;
  readonly row: Row<unknown>;
}

const rows: ReadonlyMap<string, Row<unknown>> = new Map(Object.entries(keys));
const families: readonly (readonly [string, Row<unknown>])[] = [...rows].flatMap(([pattern, row]) =>
  row.names === undefined ? [] : [[pattern.slice(0, pattern.indexOf('<')), row]],
);

/** From the pattern of an old spelling to the pattern of the current one. */
const aliases: ReadonlyMap<string, string> = new Map(
  [...rows].flatMap(([pattern, row]) => row.was.map(({ name }): [string, string] => [name, pattern])),
);

const largestIndex = 0x7fff_fffe;
const numberedNet = /^lxc\.(net|network)\.([0-9]+)(?:\.(.*))?$/s;

/** A key of the current dialect. */
export function findKey(key: string): Found | undefined {
  if (key.startsWith('lxc.net.')) return findNet(key);
  const row = key.includes('<') ? undefined : rows.get(key);
  if (row !== undefined) return { key, row };
  const family = families.find(
    ([prefix, one]) => key.startsWith(prefix) && isNameOf(one, key.slice(prefix.length)),
  );
  return family === undefined ? undefined : { key, row: family[1] };
}

function findNet(key: string): Found | undefined {
  const net = numberedNet.exec(key);
  return net === null ? undefined : numbered(net[2], net[3]);
}

function numbered(digits: string | undefined, sub: string | undefined): Found | undefined {
  const index = Number(digits);
  const row = rows.get(sub === undefined ? 'lxc.net.<n>' : `lxc.net.<n>.${sub}`);
  if (row === undefined || index > largestIndex) return undefined;
  return { key: sub === undefined ? `lxc.net.${index}` : `lxc.net.${index}.${sub}`, row };
}

/**
 * The current spelling of a legacy key, with `<n>` left in where the key belongs to the interface that was
 * opened last; `undefined` if no older version knew the key.
 */
export function modernSpelling(key: string): string | undefined {
  const net = key.startsWith('lxc.network.') ? numberedNet.exec(key) : null;
  if (net !== null) return numberedSpelling(net[2], net[3]);
  if (key.startsWith('lxc.limit.')) return key.replace('lxc.limit.', 'lxc.prlimit.');
  return key.includes('<') ? undefined : aliases.get(key);
}

function numberedSpelling(digits: string | undefined, sub: string | undefined): string | undefined {
  const pattern = sub === undefined ? 'lxc.net.<n>' : aliases.get(`lxc.network.${sub}`);
  return pattern?.replace('<n>', `${Number(digits)}`);
}

let listed: readonly string[] | undefined;

/** Every spelling that there is, for suggestions and completion; placeholders as in the table. */
export function spellings(): readonly string[] {
  listed ??= [...rows.keys(), ...aliases.keys()].flatMap((pattern) => {
    const names = rows.get(pattern)?.names;
    if (names === undefined || names instanceof RegExp) return [pattern];
    return names.map((name) => pattern.replace(/<\w+>/, name));
  });
  return listed;
}

export function unknownKey(key: string, origin: Origin): LxcError {
  return new LxcError(`Unknown configuration key ${key}`, { origin, hint: suggestion(key) });
}

function suggestion(key: string): string | undefined {
  const net = numberedNet.exec(key);
  if (net !== null && Number(net[2]) > largestIndex)
    return `the number of an interface is at most ${largestIndex}`;
  const index = net?.[2] ?? '0';
  const known = spellings().map((pattern) => pattern.replace('<n>', index));
  const near = nearest(key, known);
  return near === undefined ? undefined : `did you mean ${near}?`;
}

/** The keys without a placeholder. */
export function plainKeys(): readonly string[] {
  return [...rows.keys()].filter((pattern) => !pattern.includes('<'));
}
