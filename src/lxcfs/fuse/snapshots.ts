/**
 * The contents of open files. A file is rendered when it is opened and belongs to that open, as in the real /proc;
 * the two servers of a mount and their successors share it through the memory file that the keeper holds. Each
 * server takes slots of its own half only; whichever handles RELEASE says so in a table, from which the other learns of
 * many at once. A slot is `length, state, mark, time` and, behind these 16 bytes, the text; slots are far apart in a sparse
 * file, so that only what was written takes memory.
 *
 * A text is never written over while it may be read: a renewed one goes to the other half of the slot, and the head points
 * there from one moment to the next. Where the kernel hands the renewing read out again, one of the two servers that have it
 * must not answer from the old text while the other one is about to point to the new: see `renew` and `settle`.
 *
 * A system call less for each open file is worth some code: it costs as much as all that is done with it here.
 */

import { readSync, writeSync } from 'node:fs';
import { lxcfsServer, lxcfsSizes, lxcfsState } from '../../wire/lxcfs.ts';
import type { Wide } from './protocol.ts';
import { Words } from './words.ts';

/** Two halves, and the words of renewals at its end. A text that takes more than one half is not renewed. */
const stride = 8 * 1024 * 1024;
const slotHead = 16;
const half = stride / 2 - slotHead;
const renewing = stride - 8;
const settled = stride - 4;
/** Open files for each server; a mount with more answers ENFILE. */
const mostSlots = 32768;
/** Of its half, how many slots a server looks at before it uses a new one. */
const patience = 1024;

/** In use: with the text in the first half or in the second. */
const states = { free: 0, first: 1, second: 2 } as const;

/** Behind all slots: by slot, the mark that was released last. A slot is free while that is the mark of its own open. */
const released = lxcfsState.slots + mostSlots * 2 * stride;
const markBytes = 4;

/** So long, who reads the beginning gets what was made at the open; it need not be noted who has done so before. */
export const freshMs = 100;

/** The number of a server: 0 or 1. */
export type ServerIndex = 0 | 1;

export interface Snapshot {
  /** Made just now. */
  readonly fresh: boolean;
  /** Bytes that were put at `at`. */
  readonly count: number;
}

/** What one read takes along with the head: nearly every file is shorter, and what is behind it costs. */
const firstBytes = 4096 - slotHead;

/** So often, a millisecond apart, a server looks whether the other one has renewed: that takes a few system calls. */
const mostWaits = 50;
const sleeper = new Int32Array(new SharedArrayBuffer(4));

/** How many of its latest snapshots a server knows the length of. */
const mostKnown = 64;

export class Snapshots {
  readonly #fd: number;
  readonly #server: ServerIndex;
  readonly #head = Buffer.alloc(slotHead);
  readonly #words: Words;
  /** A head and a text, to be written as one. */
  #whole = Buffer.alloc(65536);
  /** By slot of its half, the mark of its last open. */
  readonly #marks: number[] = [];
  readonly #free: number[] = [];
  readonly #table = Buffer.alloc(patience * markBytes);
  #looked = 0;
  readonly #ends = new Ends();

  constructor(fd: number, server: ServerIndex) {
    this.#fd = fd;
    this.#words = new Words(fd);
    this.#server = server;
    const high = this.#words.read(this.#highAt);
    for (let slot = 0; slot < high; slot++) this.#marks.push(this.#markOf(this.#numberOf(slot)) ?? 0);
  }

  /**
   * The handle of a new snapshot: its slot, and a mark of this one open (the number of its request), because a RELEASE
   * that is handed out twice must not free the slot of its successor.
   */
  take(text: Buffer, request: number): Wide | undefined {
    const slot = this.#free.pop() ?? this.#reclaimed() ?? this.#next();
    if (slot === undefined) return undefined;
    const mark = wordOf(request);
    this.#marks[slot] = mark;
    const handle = { high: this.#numberOf(slot), low: mark };
    const now = clock();
    const size = slotHead + text.length;
    if (size > this.#whole.length) this.#whole = Buffer.alloc(size * 2);
    fillHead(this.#whole, handle, text.length, states.first, now);
    text.copy(this.#whole, slotHead);
    this.#write(this.#whole, size, positionOf(handle.high));
    this.#ends.note(handle, text.length, now);
    return handle;
  }

  /**
   * Another content for the same open file: its reader went back to the beginning, by `request`. Not where another server
   * has answered that request meanwhile (`settle`): this one's reply finds nobody, and the reader goes on in the old text.
   */
  renew(handle: Wide, text: Buffer, request: number): void {
    const position = positionOf(handle.high);
    if (readSync(this.#fd, this.#head, 0, slotHead, position) < slotHead) return;
    if (Math.max(text.length, this.#head.readUInt32LE(0)) > half) return;
    const state = this.#head.readUInt32LE(4) === states.first ? states.second : states.first;
    const word = wordOf(request);
    this.#write(text, text.length, textAt(handle.high, state));
    this.#words.write(position + renewing, word);
    // One of the two sees the other's word, whoever is first: each writes its own before it looks.
    if (this.#words.read(position + settled) !== word) {
      const now = clock();
      fillHead(this.#head, handle, text.length, state, now);
      this.#write(this.#head, slotHead, position);
      this.#ends.note(handle, text.length, now);
    }
    this.#words.write(position + renewing, 0);
  }

  /**
   * Before the beginning is read for a request that was handed out again: whoever had it before renews no more, or has done
   * so. A server that dies in between is waited for in vain; the text that the head points to is whole all the same.
   */
  settle(handle: Wide, request: number): void {
    if (handle.high >= mostSlots * 2) return;
    const position = positionOf(handle.high);
    const word = wordOf(request);
    this.#words.write(position + settled, word);
    for (let waits = 0; waits < mostWaits && this.#words.read(position + renewing) === word; waits++)
      Atomics.wait(sleeper, 0, 0, 1);
  }

  /**
   * Puts `size` bytes from `offset` on, or what there is of them, to `at`, which has room for a head in front. The
   * beginning of a short file comes in one read together with its head. `undefined` where the handle is none.
   */
  read(handle: Wide, offset: number, size: number, to: Buffer, at: number): Snapshot | undefined {
    if (handle.high >= mostSlots * 2) return undefined;
    if (this.#ends.isBehind(handle, offset)) return { fresh: true, count: 0 };
    const position = positionOf(handle.high);
    const head = at - slotHead;
    const first = offset === 0 ? Math.min(size, firstBytes) : 0;
    const beside = readSync(this.#fd, to, head, slotHead + first, position) - slotHead;
    const state = to.readUInt32LE(head + 4);
    if (beside < 0 || state === states.free || to.readUInt32LE(head + 8) !== handle.low) return undefined;
    const got = state === states.first ? beside : 0;
    const length = to.readUInt32LE(head);
    const fresh = isFresh(to.readUInt32LE(head + 12));
    const count = Math.max(0, Math.min(size, length - offset));
    if (count > got) readSync(this.#fd, to, at + got, count - got, textAt(handle.high, state) + offset + got);
    return { fresh, count };
  }

  /** `repeated`: it may have been done before, or be done by the sibling just now, and the slot be another open file's. */
  release({ high, low }: Wide, repeated: boolean): void {
    if (high >= mostSlots * 2 || (repeated && this.#markOf(high) !== low)) return;
    const slot = high >>> 1;
    this.#words.write(released + this.#entryOf(high & 1, slot), low);
    if ((high & 1) === this.#server && this.#marks[slot] === low && !repeated) this.#free.push(slot);
  }

  /**
   * What `take` just set aside, because nobody took the reply. The table is not told: the same OPEN may be handed out again
   * and get this very slot, for which a word with its mark would say that it is free.
   */
  giveBack({ high }: Wide): void {
    this.#free.push(high >>> 1);
  }

  get #highAt(): number {
    return lxcfsState.servers + this.#server * lxcfsSizes.serverBytes + lxcfsServer.high;
  }

  #numberOf(slot: number): number {
    return slot * 2 + this.#server;
  }

  #entryOf(server: number, slot: number): number {
    return (server * mostSlots + slot) * markBytes;
  }

  /** `undefined` where nothing was ever put there. */
  #markOf(number: number): number | undefined {
    const count = readSync(this.#fd, this.#head, 0, slotHead, positionOf(number));
    const used = count === slotHead && this.#head.readUInt32LE(4) !== states.free;
    return used ? this.#head.readUInt32LE(8) : undefined;
  }

  /**
   * Slots of its half that were released by whomever: part by part of the table, and from its beginning again, each time
   * that none is known.
   */
  #reclaimed(): number | undefined {
    const all = this.#marks.length;
    const count = Math.min(patience, all);
    const from = Math.min(this.#looked, all - count);
    this.#looked = from + count < all ? from + count : 0;
    const at = released + this.#entryOf(this.#server, from);
    const got = count === 0 ? 0 : readSync(this.#fd, this.#table, 0, count * markBytes, at);
    for (let index = 0; (index + 1) * markBytes <= got; index++)
      if (this.#table.readUInt32LE(index * markBytes) === this.#marks[from + index])
        this.#free.push(from + index);
    return this.#free.pop();
  }

  #next(): number | undefined {
    if (this.#marks.length >= mostSlots) return undefined;
    const slot = this.#marks.push(0) - 1;
    this.#words.write(this.#highAt, this.#marks.length);
    return slot;
  }

  /** Where memory is short, less may be taken than was given. */
  #write(bytes: Buffer, size: number, position: number): void {
    for (let at = 0; at < size; ) at += writeSync(this.#fd, bytes, at, size - at, position + at);
  }
}

/**
 * Where the latest snapshots of this server end: whoever reads a file to its end asks once more behind it. Only as long as
 * they are fresh, because nobody renews them before.
 */
class Ends {
  readonly #known = new Uint32Array(mostKnown * 4);

  note({ high, low }: Wide, length: number, now: number): void {
    const at = (high % mostKnown) * 4;
    this.#known[at] = high;
    this.#known[at + 1] = low;
    this.#known[at + 2] = length;
    this.#known[at + 3] = now;
  }

  isBehind({ high, low }: Wide, offset: number): boolean {
    const at = (high % mostKnown) * 4;
    const known = this.#known;
    if (known[at] !== high || known[at + 1] !== low) return false;
    return offset >= (known[at + 2] ?? 0) && isFresh(known[at + 3] ?? 0);
  }
}

function positionOf(number: number): number {
  return lxcfsState.slots + number * stride;
}

function textAt(number: number, state: number): number {
  return positionOf(number) + slotHead + (state === states.second ? half : 0);
}

function fillHead(to: Buffer, { low }: Wide, length: number, state: number, time: number): void {
  to.writeUInt32LE(length, 0);
  to.writeUInt32LE(state, 4);
  to.writeUInt32LE(low, 8);
  to.writeUInt32LE(time, 12);
}

/** Of a request: a word of 0 is none. */
function wordOf(request: number): number {
  return request === 0 ? 1 : request;
}

/** Milliseconds that both servers reckon by, cut to 32 bits. */
function clock(): number {
  return Date.now() >>> 0;
}

function isFresh(time: number): boolean {
  return Math.abs(clock() - time) < freshMs;
}
