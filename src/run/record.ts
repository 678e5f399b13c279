/**
 * The record of a container: what the helper wrote ahead of each op, in its run directory. While a monitor lives, it is
 * the monitor's; without one, the next command reads it and cleans up or takes over.
 */

import { closeSync, fstatSync, openSync, readFileSync, statSync } from 'node:fs';
import { errnoCode, reason } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import { ByteReader } from '../wire/bytes.ts';
import { type DecodedOp, decodeOp } from '../wire/encode.ts';
import { recordMagic, recordTags } from '../wire/frames.ts';

/** A process that cannot be mistaken for a later one with its pid. */
export interface ProcessId {
  readonly pid: number;
  /** Field 22 of /proc/PID/stat. */
  readonly startTime: bigint;
}

export interface ContainerRecord {
  readonly path: string;
  /** Of the file, by which the helper knows that it is still this one. */
  readonly inode: number;
  readonly size: number;
  /** The brain's JSON. */
  readonly head: Buffer;
  /** In the order in which they were armed. */
  undo(): readonly DecodedOp[];
  readonly init: ProcessId | undefined;
  readonly monitor: ProcessId | undefined;
  /** It came as far as RUNNING. */
  readonly running: boolean;
  /** It may since have left that state. */
  readonly unsettled: boolean;
}

/** `undefined` where there is none. */
export function readRecord(path: string): ContainerRecord | undefined {
  try {
    // Asking first is cheaper than the exception; most names in a list have none.
    if (statSync(path, { throwIfNoEntry: false }) === undefined) return undefined;
    const fd = openSync(path, 'r');
    try {
      return parseRecord(path, readFileSync(fd), fstatSync(fd).ino);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    if (errnoCode(error) === 'ENOENT' || errnoCode(error) === 'ENOTDIR') return undefined;
    if (error instanceof LxcError) throw error;
    throw new LxcError(`Failed to read ${path}: ${reason(error)}`, { cause: error });
  }
}

export function parseRecord(path: string, bytes: Buffer, inode = 0): ContainerRecord {
  if (bytes.toString('latin1', 0, recordMagic.length) !== recordMagic)
    throw new LxcError(`Failed to read the record ${path}: it is not one of ours`);
  const undo: Buffer[] = [];
  let head: Buffer = Buffer.alloc(0);
  let init: ProcessId | undefined;
  let monitor: ProcessId | undefined;
  let running = false;
  let unsettled = false;
  for (const { tag, payload } of entries(bytes.subarray(recordMagic.length))) {
    if (tag === recordTags.head) head = payload;
    else if (tag === recordTags.undo) undo.push(payload);
    else if (tag === recordTags.init) init = processId(payload);
    else if (tag === recordTags.monitor) monitor = processId(payload);
    else if (tag === recordTags.running) running = true;
    else if (tag === recordTags.unsettled) unsettled = true;
  }
  const size = bytes.length;
  return { path, inode, size, head, undo: () => undo.map(decodeOp), init, monitor, running, unsettled };
}

/** An entry cut off by a crash of its writer, always the last one, is left out: its op did not run. */
function* entries(bytes: Buffer): Generator<{ tag: number; payload: Buffer }> {
  let at = 0;
  while (bytes.length - at >= 8) {
    const size = bytes.readUInt32LE(at);
    if (bytes.length - at - 8 < size) return;
    yield { tag: bytes.readUInt32LE(at + 4), payload: bytes.subarray(at + 8, at + 8 + size) };
    at += 8 + size;
  }
}

function processId(payload: Buffer): ProcessId {
  const from = new ByteReader(payload);
  const pid = from.u32();
  from.u32();
  return { pid, startTime: from.i64() };
}

/** The process is there and is the one that was recorded; a zombie counts as gone. */
export function isAlive({ pid, startTime }: ProcessId): boolean {
  const stat = processStat(pid);
  return stat !== undefined && !stat.exiting && stat.startTime === startTime;
}

/** PF_EXITING of the kernel's include/linux/sched.h: set before the process gives its files back. */
const exitingFlag = 0x4;

function processStat(pid: number): { exiting: boolean; startTime: bigint } | undefined {
  try {
    // The name, in parentheses, may hold blanks and parentheses of its own.
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
    return { exiting: (Number(fields[6]) & exitingFlag) !== 0, startTime: BigInt(fields[19] ?? 0) };
  } catch {
    return undefined;
  }
}
