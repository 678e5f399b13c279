/**
 * The contents of open files. A file is rendered when it is opened and belongs to that open, as in the real /proc;
 * the two servers of a mount and their successors share it through the memory file that the keeper holds. Each
 * server takes slots of its own half only; whichever handles RELEASE frees them. A slot is `length, state, mark` and,
 * behind 16 bytes, the text; slots are far apart in a sparse file, so that only what was written takes memory.
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

const states = { free: 0, fresh: 1, read: 2 } as const;

/** The number of a server: 0 or 1. */
export type ServerIndex = 0 | 1;

export interface Snapshot {
  readonly length: number;
  /** Nobody has read its beginning. */
  readonly fresh: boolean;
}

export class Snapshots {
  readonly #fd: number;
  readonly #server: ServerIndex;
  readonly #head = Buffer.alloc(slotHead);
  readonly #number = Buffer.alloc(4);
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
    this.#write(handle, text, states.fresh);
    return handle;
  }

  /** Another content for the same open file: its reader went back to the beginning. */
  renew(handle: Wide, text: Buffer): void {
    this.#write(handle, text, states.read);
  }

  look(handle: Wide): Snapshot | undefined {
    return this.#readHead(handle) && this.#head.readUInt32LE(8) === handle.low
      ? { length: this.#head.readUInt32LE(0), fresh: this.#head.readUInt32LE(4) === states.fresh }
      : undefined;
  }

  /** The beginning was given out. */
  begun(handle: Wide): void {
    this.#head.writeUInt32LE(states.read, 4);
    writeSync(this.#fd, this.#head, 4, 4, positionOf(handle.high) + 4);
  }

  copy(handle: Wide, offset: number, count: number, to: Buffer, at: number): number {
    return readSync(this.#fd, to, at, count, positionOf(handle.high) + slotHead + offset);
  }

  release(handle: Wide): void {
    if (this.look(handle) === undefined) return;
    this.#head.fill(0);
    writeSync(this.#fd, this.#head, 0, slotHead, positionOf(handle.high));
    if ((handle.high & 1) === this.#server) this.#free.push(handle.high >>> 1);
  }

  get #highAt(): number {
    return lxcfsState.servers + this.#server * lxcfsSizes.serverBytes + lxcfsServer.high;
  }

  /** Fills the head; false where the slot is free. */
  #readHead(handle: Wide): boolean {
    if (handle.high >= mostSlots * 2) return false;
    const count = readSync(this.#fd, this.#head, 0, slotHead, positionOf(handle.high));
    return count === slotHead && this.#head.readUInt32LE(4) !== states.free;
  }

  #write(handle: Wide, text: Buffer, state: number): void {
    const at = positionOf(handle.high);
    writeSync(this.#fd, text, 0, text.length, at + slotHead);
    this.#head.writeUInt32LE(text.length, 0);
    this.#head.writeUInt32LE(state, 4);
    this.#head.writeUInt32LE(handle.low, 8);
    writeSync(this.#fd, this.#head, 0, slotHead, at);
  }

  /** Slots that the other server freed, found a few at a time. */
  #reclaimed(): number | undefined {
    const free = new Set<number>();
    for (let looked = 0; looked < Math.min(patience, this.#high); looked++) {
      this.#cursor = (this.#cursor + 1) % this.#high;
      const handle = { high: this.#cursor * 2 + this.#server, low: 0 };
      if (!this.#readHead(handle)) free.add(this.#cursor);
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
