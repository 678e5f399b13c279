/** What the plans of the interface types share: one interface with its circumstances, errors, and the netlink op. */

import { errnoNumber } from '../../base/errno.ts';
import { LxcError } from '../../base/error.ts';
import type { Entry, Net, RawEntry } from '../../config/index.ts';
import type { LinkRef, Patch, Piece } from '../../netlink/piece.ts';
import { ByteWriter } from '../../wire/bytes.ts';
import { type Op, patchKinds } from '../../wire/ops.ts';
import type { PlannedOp, Provenance } from '../../wire/program.ts';
import type { LinkFact, NetworkFacts } from '../network-contract.ts';

/** A whole number from 0 up to but not including `limit`. */
export type Draw = (limit: number) => number;

export interface Nic {
  readonly net: Net;
  /** Its final name inside the container. */
  readonly name: string;
  readonly facts: NetworkFacts;
  readonly draw: Draw;
  /** The file that holds the container's network namespace while something of the host's is in it. */
  readonly hold: string;
}

export interface NicPlan {
  readonly parent: readonly PlannedOp[];
  /** On the host, once the container's end is up. */
  readonly late?: readonly PlannedOp[];
  /** An interface of the host itself that is moved in. */
  readonly lent?: Lent;
  readonly child: readonly PlannedOp[];
  /** The name of the end on the host, where there is one. */
  readonly pair?: string;
}

export interface Lent {
  readonly move: PlannedOp;
  readonly home: Op;
}

/** Plans one interface; there is one for each type, in a file of that name. */
export type NicPlanner = (nic: Nic) => NicPlan;

export function refuse(entry: RawEntry, reason: string, hint?: string): LxcError {
  const { origin } = entry;
  return new LxcError(`Cannot use "${entry.text}" for ${entry.spelled}: ${reason}`, { origin, hint });
}

/** The op blames `entry`, or where that key is not set the line that opened the interface. */
export function blame(net: Net, entry: RawEntry | undefined, act: string): Provenance {
  const { key, origin } = entry ?? net.first;
  return { key, origin, act };
}

export function netlinkOp(request: Piece, why: Provenance, undo?: readonly Op[]): PlannedOp {
  return { ...netlink(request, {}), why, ...(undo === undefined ? {} : { undo }) };
}

/** One that may have to wait for a namespace that the kernel takes down: `errno` is what it answers meanwhile. */
export function patientOp(request: Piece, errno: string, why: Provenance): PlannedOp {
  return { ...netlink(request, { retry: errno }), why };
}

/** An inverse: what it removes may be gone already, of which `errno` tells. */
export function netlinkUndo(request: Piece, errno = 'ENODEV'): Op {
  return netlink(request, { ignore: errno });
}

/** One that finds its work done already where the kernel answers EEXIST. */
export function netlinkOnce(request: Piece, why: Provenance): PlannedOp {
  return { ...netlink(request, { ignore: 'EEXIST' }), why };
}

interface Errnos {
  readonly ignore?: string;
  readonly retry?: string;
}

function netlink({ bytes, patches }: Piece, { ignore = '', retry = '' }: Errnos): Op {
  const errnos = { ignore: errnoNumber(ignore), retry: errnoNumber(retry) };
  return { op: 'netlink', args: { request: bytes, patches: patchBytes(patches), ...errnos } };
}

const nameBytes = 16;

function patchBytes(patches: readonly Patch[]): Buffer {
  const out = new ByteWriter();
  for (const { offset, kind, name } of patches) {
    const field = Buffer.alloc(nameBytes);
    field.write(name, 0, nameBytes - 1);
    out.u32(offset).u32(patchKinds[kind]).raw(field);
  }
  return out.take();
}

/** `lo`, whose index is 1 in every namespace. */
export const loopback: LinkRef = 1;

/** What is known of the host interface that `link` names; it must exist. */
export function hostLink(link: Entry<string>, facts: NetworkFacts, hint: string): LinkFact {
  const fact = facts.links.get(link.value);
  if (fact === undefined) throw refuse(link, 'the host has no interface of that name', hint);
  return fact;
}
