/** One op as a line of text: its arguments by name, numbers in the words that they stand for. */

import type { Op } from '../wire/ops.ts';
import { filterFlags, syncPoints, where } from '../wire/ops.ts';
import { ms } from './mount-flags.ts';
import { namespaceFlags } from './namespaces.ts';

/** Paths below the container's root start with `ROOT/`; what is empty or 0 is left out. */
export function showOp({ op, args }: Op): string {
  if (op === 'sync')
    return `${args.mode === 0 ? 'post' : 'await'} ${pointNames.get(Number(args.point)) ?? ''}`;
  const values = new Map<string, unknown>(Object.entries(args));
  const words = [...values].flatMap(([name, value]) => {
    const text = showValue(op, name, value, values);
    return text === undefined ? [] : [`${name}=${text}`];
  });
  return [op, ...words].join(' ');
}

const pointNames: ReadonlyMap<number, string> = new Map(
  Object.entries(syncPoints).map(([name, number]) => [number, name]),
);

/** The argument that says where a path is. */
const placeOf: Readonly<Record<string, string>> = {
  path: 'where',
  source: 'sourceWhere',
  target: 'targetWhere',
};
const places = new Set(Object.values(placeOf));

function showValue(
  op: string,
  name: string,
  value: unknown,
  all: ReadonlyMap<string, unknown>,
): string | undefined {
  if (places.has(name) || value === '' || (canBeAbsent(op, name) && Number(value) === 0)) return undefined;
  if (typeof value === 'number' || typeof value === 'bigint') return showNumber(op, name, value);
  if (value instanceof Uint8Array) return showBytes(value);
  if (Array.isArray(value))
    return value.length === 0 ? undefined : value.map((one) => showText(`${one}`)).join(' ');
  const root = all.get(placeOf[name] ?? '') === where.rootfs ? 'ROOT/' : '';
  return showText(`${root}${String(value)}`);
}

const optionalNumbers: Readonly<Record<string, readonly string[]>> = {
  mount: ['flags', 'propagation'],
  openFileSystem: ['flags', 'loop', 'wait'],
  placeMount: ['propagation'],
  cloneTree: ['recursive', 'flags'],
  writeFile: ['flags', 'mode'],
  mkdirCgroup: ['shared'],
  rmdirCgroup: ['shared'],
  netlink: ['ignore', 'retry'],
  bringHome: ['mtu', 'index'],
  setIds: ['keepGroups'],
  seccomp: ['flags', 'listener'],
  runHook: ['root'],
  setConsole: ['buffer', 'logSize', 'rotate'],
};

function canBeAbsent(op: string, name: string): boolean {
  return optionalNumbers[op]?.includes(name) ?? false;
}

function showText(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : JSON.stringify(text);
}

const ofMount = new Set(['mount', 'openFileSystem', 'cloneTree']);

function showNumber(op: string, name: string, value: number | bigint): string {
  if (name === 'flags' && ofMount.has(op)) return names(ms, Number(value));
  if (name === 'propagation') return names(ms, Number(value));
  if (name === 'flags' && op === 'seccomp') return names(filterFlags, Number(value));
  const space = name === 'flags' || name === 'clone' || (op === 'setns' && name === 'type');
  if (space) return names(namespaceFlags, Number(value));
  if (name === 'drop' || name === 'persona') return `0x${value.toString(16)}`;
  return name === 'mode' && op !== 'stdio' ? `0${value.toString(8)}` : value.toString();
}

function names(bits: Readonly<Record<string, number>>, value: number): string {
  const found = Object.entries(bits).filter(([, bit]) => (value & bit) !== 0);
  return found.map(([name]) => name).join(',') || '0';
}

/** Texts as they are; anything binary in full where it is short, else by its length. */
function showBytes(value: Uint8Array): string | undefined {
  if (value.length === 0) return undefined;
  const text = Buffer.from(value).toString();
  if (/^[\x20-\x7e\n]*$/.test(text)) return text.length > 60 ? `${value.length} bytes` : JSON.stringify(text);
  return value.length <= 32 ? `hex:${Buffer.from(value).toString('hex')}` : `${value.length} bytes`;
}
