/**
 * The contents of open files. A file is rendered when it is opened and belongs to that open, as in the real /proc;
 * the two servers of a mount and their successors share it through the memory file that the keeper holds. Each
 * server takes slots of its own half only; whichever handles RELEASE frees them. A slot is `length, state, mark, time` and,
 * behind these 16 bytes, the text; slots are far apart in a sparse file, so that only what was written takes memory.
 */

import { readSync, writeSync } from 'node:fs';
import { lxcfsServer, lxcfsSizes, lxcfsState } from '../../wire/lxcfs.ts';
import type { Wide } from './protocol.ts';

/** More than any file holds (contract.ts), and the head. */
const stride = 8 * 1024 * 1024;
const slotHead = 16;
/** Open files for each server; a mount with more answers ENFILE. */
const mostSlots = 32768;
/** How many slots of the other server's releases are looked at before a new one is used. */
const patience = 64;

const states = { free: 0, used: 1 } as const;

/** So long, who reads the beginning gets what was made at the open; it need not be noted who has done so before. */
export const freshMs = 100;

/** The number of a server: 0 or 1. */
export type ServerIndex = 0 | 1;

export interface Snapshot {
  readonly length: number;
  /** Made just now. */
  readonly fresh: boolean;
  /** Bytes that were put at `at`. */
  readonly count: number;
}

/** What one read takes along with the head: nearly every file is shorter, and what is behind it costs. */
const firstBytes = 4096 - slotHead;

export class Snapshots {
  readonly #fd: number;
  readonly #server: ServerIndex;
  readonly #head = Buffer.alloc(slotHead);
  readonly #number = Buffer.alloc(4);
  /** A head and a text, to be written as one. */
  #whole = Buffer.alloc(65536);
  readonly #free: number[] = [];
  #high: number;
  #cursor = 0;

  constructor(fd: number, server: ServerIndex) {
    this.#fd = fd;
    this.#server = server;
    readSync(fd, this.#number, 0, 4, this.#highAt);
    this.#high = this.#number.readUInt32LE();
  }

  /**
   * The handle of a new snapshot: its slot, and a mark of this one open, because a RELEASE that is handed out twice must
   * not free the slot of its successor.
   */
  take(text: Buffer, mark: number): Wide | undefined {
    const slot = this.#free.pop() ?? this.#reclaimed() ?? this.#next();
    if (slot === undefined) return undefined;
    const handle = { high: slot * 2 + this.#server, low: mark };
    this.renew(handle, text);
    return handle;
  }

  /**
   * Another content for the same open file: its reader went back to the beginning. In one write: a kill leaves the old
   * snapshot or the new one, or comes between the pages of a long text.
   */
  renew(handle: Wide, text: Buffer): void {
    const size = slotHead + text.length;
    if (size > this.#whole.length) this.#whole = Buffer.alloc(size * 2);
    this.#whole.writeUInt32LE(text.length, 0);
    this.#whole.writeUInt32LE(states.used, 4);
    this.#whole.writeUInt32LE(handle.low, 8);
    this.#whole.writeUInt32LE(clock(), 12);
    text.copy(this.#whole, slotHead);
    // Where memory is short, less may be taken than was given.
    for (let at = 0; at < size; )
      at += writeSync(this.#fd, this.#whole, at, size - at, positionOf(handle.high) + at);
  }

  /**
   * Puts `size` bytes from `offset` on, or what there is of them, to `at`, which has room for a head in front. The
   * beginning of a short file comes in one read together with its head. `undefined` where the handle is none.
   */
  read(handle: Wide, offset: number, size: number, to: Buffer, at: number): Snapshot | undefined {
    if (handle.high >= mostSlots * 2) return undefined;
    const position = positionOf(handle.high);
    const head = at - slotHead;
    const first = offset === 0 ? Math.min(size, firstBytes) : 0;
    const got = readSync(this.#fd, to, head, slotHead + first, position) - slotHead;
    if (got < 0 || to.readUInt32LE(head + 4) === states.free || to.readUInt32LE(head + 8) !== handle.low)
      return undefined;
    const length = to.readUInt32LE(head);
    const fresh = Math.abs(clock() - to.readUInt32LE(head + 12)) < freshMs;
    const count = Math.max(0, Math.min(size, length - offset));
    if (count > got) readSync(this.#fd, to, at + got, count - got, position + slotHead + offset + got);
    return { length, fresh, count };
  }

  /** It may have been done before, or be done by the sibling just now, and the slot be another open file's. */
  release(handle: Wide): void {
    if (this.#markOf(handle) !== handle.low) return;
    this.#head.fill(0);
    writeSync(this.#fd, this.#head, 0, slotHead, positionOf(handle.high));
    if ((handle.high & 1) === this.#server) this.#free.push(handle.high >>> 1);
  }

  get #highAt(): number {
    return lxcfsState.servers + this.#server * lxcfsSizes.serverBytes + lxcfsServer.high;
  }

  /** `undefined` where the slot is free. */
  #markOf({ high }: Wide): number | undefined {
    if (high >= mostSlots * 2) return undefined;
    const count = readSync(this.#fd, this.#head, 0, slotHead, positionOf(high));
    const used = count === slotHead && this.#head.readUInt32LE(4) !== states.free;
    return used ? this.#head.readUInt32LE(8) : undefined;
  }

  /** Slots that the other server freed, found a few at a time. */
  #reclaimed(): number | undefined {
    const free = new Set<number>();
    for (let looked = 0; looked < Math.min(patience, this.#high); looked++) {
      this.#cursor = (this.#cursor + 1) % this.#high;
      const handle = { high: this.#cursor * 2 + this.#server, low: 0 };
      if (this.#markOf(handle) === undefined) free.add(this.#cursor);
    }
    this.#free.push(...free);
    return this.#free.pop();
  }

  #next(): number | undefined {
    if (this.#high >= mostSlots) return undefined;
    const slot = this.#high++;
    this.#number.writeUInt32LE(this.#high);
    writeSync(this.#fd, this.#number, 0, 4, this.#highAt);
    return slot;
  }
}

function positionOf(number: number): number {
  return lxcfsState.slots + number * stride;
}

/** Milliseconds that both servers reckon by, cut to 32 bits. */
function clock(): number {
  return Date.now() >>> 0;
}
