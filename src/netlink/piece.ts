/**
 * Pieces of a netlink message: bytes, and the places where the sender fills in a number that only it knows. Pure;
 * little endian, as every machine that the helper is built for.
 */

import { LxcError } from '../base/error.ts';
import { isIPv4 } from '../base/net.ts';

/** A u32 that the sender writes: pid of the container's init, or the index of the interface called `name`. */
export interface Patch {
  readonly offset: number;
  readonly kind: 'initPid' | 'ifIndex';
  readonly name: string;
}

export interface Piece {
  readonly bytes: Buffer;
  readonly patches: readonly Patch[];
}

/** An interface: its index where that is fixed (lo is 1), else its name in the sender's namespace. */
export type LinkRef = number | string;

export function join(pieces: readonly Piece[]): Piece {
  const patches: Patch[] = [];
  let size = 0;
  for (const { bytes, patches: inner } of pieces) {
    for (const patch of inner) patches.push({ ...patch, offset: patch.offset + size });
    size += bytes.length;
  }
  return { bytes: Buffer.concat(pieces.map(({ bytes }) => bytes)), patches };
}

export function raw(bytes: Uint8Array): Piece {
  return { bytes: Buffer.from(bytes), patches: [] };
}

export function u8(...values: readonly number[]): Piece {
  return raw(Uint8Array.from(values));
}

export function u16(value: number): Piece {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return { bytes, patches: [] };
}

export function u32(value: number): Piece {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return { bytes, patches: [] };
}

/** A text with its closing zero. */
export function text(value: string): Piece {
  return raw(Buffer.from(`${value}\0`));
}

export function linkIndex(link: LinkRef): Piece {
  return typeof link === 'number' ? u32(link) : patched({ offset: 0, kind: 'ifIndex', name: link });
}

/** Pid of the container's init; the value is a word so that nobody passes a pid known too early. */
export function initPid(_: 'init'): Piece {
  return patched({ offset: 0, kind: 'initPid', name: '' });
}

function patched(patch: Patch): Piece {
  return { bytes: Buffer.alloc(4), patches: [patch] };
}

/** `00:16:3e:01:02:03` */
export function hardwareAddress(value: string): Piece {
  return raw(Buffer.from(value.replaceAll(':', ''), 'hex'));
}

/** An IPv4 or IPv6 address in network order. */
export function ipAddress(value: string): Piece {
  return raw(Uint8Array.from(isIPv4(value) ? bytes4(value) : bytes6(value)));
}

function bytes4(value: string): readonly number[] {
  return value.split('.').map(Number);
}

function bytes6(value: string): readonly number[] {
  const [head = '', tail, ...more] = value.split('::');
  const left = groups6(head);
  const right = groups6(tail ?? '');
  const gap = 16 - left.length - right.length;
  if (more.length > 0 || gap < 0 || (tail === undefined && gap > 0)) {
    throw new LxcError(`Failed to encode the address ${value}: it is not an IP address`);
  }
  return [...left, ...Array<number>(gap).fill(0), ...right];
}

function groups6(value: string): readonly number[] {
  if (value === '') return [];
  return value.split(':').flatMap((group) => {
    if (isIPv4(group)) return bytes4(group);
    const number = Number.parseInt(group, 16);
    return [number >> 8, number & 0xff];
  });
}
