/** Programs and ops to bytes and back: the payload of RUN, and the inverses in a record. */

import { LxcError } from '../base/error.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { afterRun, exitRules, opFlags, protocolVersion } from './frames.ts';
import { type ArgKind, type Op, type OpName, ops } from './ops.ts';
import type { PlannedOp, Program } from './program.ts';

/**
 * RUN's payload: `u32 version, after, exit, flags; u32 count of parent, child, undo, settings ops`, then the ops
 * of the four lists. An undo op's `link` is the index of the parent op that it reverses.
 */
export function encodeProgram(program: Program, flags = 0): Buffer {
  const known = encoded.get(program) ?? encode(program);
  encoded.set(program, known);
  const bytes = Buffer.from(known);
  bytes.writeUInt32LE(flags, flagsAt);
  return bytes;
}

const flagsAt = 12;

/** Programs are never changed; a plan that is used again is encoded once. */
const encoded = new WeakMap<Program, Buffer>();

function encode(program: Program): Buffer {
  const undo = program.parent.flatMap((planned, link) => (planned.undo ?? []).map((op) => ({ op, link })));
  const out = new ByteWriter();
  out.u32(protocolVersion).u32(afterRun[program.after]).u32(exitRules[program.exit]).u32(0);
  out.u32(program.parent.length).u32(program.child.length).u32(undo.length).u32(program.settings.length);
  for (const planned of [...program.parent, ...program.child]) writeOp(out, planned, flagsOf(planned), 0);
  for (const { op, link } of undo) writeOp(out, op, 0, link);
  for (const op of program.settings) writeOp(out, op, 0, 0);
  return out.take();
}

function flagsOf(planned: PlannedOp): number {
  return planned.optional === true ? opFlags.optional : 0;
}

/** `u16 code, flags, link, argc`, then each argument as a blob. */
export function encodeOp(op: Op): Buffer {
  const out = new ByteWriter();
  writeOp(out, op, 0, 0);
  return out.take();
}

function writeOp(out: ByteWriter, op: Op, flags: number, link: number): void {
  const args = argsOf.get(op.op) ?? [];
  out.u16(ops[op.op].code).u16(flags).u16(link).u16(args.length);
  const values: Readonly<Record<string, unknown>> = op.args;
  for (const [name, kind] of args) writeArg(out, kind, values[name], op.op, name);
}

function writeArg(out: ByteWriter, kind: ArgKind, value: unknown, op: OpName, name: string): void {
  if (kind === 'int' && (typeof value === 'number' || typeof value === 'bigint')) {
    out.u32(8).i64(value).u32(0);
  } else if (kind === 'str' && typeof value === 'string' && !value.includes('\0')) {
    out.text(value);
  } else if (kind === 'strs' && Array.isArray(value)) {
    out.texts(value);
  } else if (kind === 'bytes' && value instanceof Uint8Array) {
    out.blob(value);
  } else {
    throw new LxcError(`Failed to encode ${op}.${name}: not a ${kind}`);
  }
}

const names = new Map<number, OpName>();
const argsOf = new Map<OpName, readonly (readonly [name: string, kind: ArgKind])[]>();
for (const [name, row] of Object.entries(ops)) {
  if (!isOpName(name)) continue;
  names.set(row.code, name);
  argsOf.set(name, Object.entries<ArgKind>(row.args));
}

function isOpName(name: string): name is OpName {
  return name in ops;
}

/** An op as read back from a record. */
export interface DecodedOp {
  readonly op: OpName;
  readonly link: number;
  /** The op's own bytes, fit to be sent again. */
  readonly bytes: Buffer;
  readonly args: ReadonlyMap<string, bigint | string | readonly string[] | Buffer>;
}

export function decodeOp(bytes: Buffer): DecodedOp {
  const reader = new ByteReader(bytes);
  const op = names.get(reader.u16());
  if (op === undefined) throw new LxcError('Failed to read an op of a record: its number is unknown');
  reader.u16();
  const link = reader.u16();
  const count = reader.u16();
  const kinds = Object.entries<ArgKind>(ops[op].args);
  const args = new Map<string, bigint | string | readonly string[] | Buffer>();
  for (const [name, kind] of kinds.slice(0, count)) args.set(name, readArg(reader, kind));
  return { op, link, bytes: bytes.subarray(0, bytes.length - reader.left), args };
}

/** A recorded op as one that can stand in a program again. */
export function revive({ op, args }: DecodedOp): Op {
  const revived: OpShape = { op, args: Object.fromEntries(args) };
  if (!isOp(revived)) throw new LxcError(`Failed to read an op of a record: ${op} has other arguments`);
  return revived;
}

interface OpShape {
  readonly op: OpName;
  readonly args: Readonly<Record<string, unknown>>;
}

function isOp(shape: OpShape): shape is Op & OpShape {
  return Object.entries<ArgKind>(ops[shape.op].args).every(([name, kind]) => isArg(shape.args[name], kind));
}

function isArg(value: unknown, kind: ArgKind): boolean {
  if (kind === 'int') return typeof value === 'bigint';
  if (kind === 'str') return typeof value === 'string';
  return kind === 'strs' ? Array.isArray(value) : value instanceof Uint8Array;
}

function readArg(reader: ByteReader, kind: ArgKind): bigint | string | readonly string[] | Buffer {
  switch (kind) {
    case 'int':
      return new ByteReader(reader.blob()).i64();
    case 'str':
      return reader.text();
    case 'strs':
      return reader.texts();
    case 'bytes':
      return reader.blob();
    default:
      return kind satisfies never;
  }
}
