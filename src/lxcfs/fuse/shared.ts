/** A server's part of the memory file that it shares with the keeper (src/wire/lxcfs.ts). */

import { readSync, writeSync } from 'node:fs';
import { lxcfsServer, lxcfsSizes, lxcfsState } from '../../wire/lxcfs.ts';
import type { Request, Wide } from './protocol.ts';
import { Words } from './words.ts';

/** Far below the patience of the keeper, which looks at the serial every 250 ms. */
const noteMs = 100;

export class SharedState {
  readonly #fd: number;
  readonly #record: number;
  readonly #note = Buffer.alloc(16);
  readonly #words: Words;
  #noted = 0;
  #serial: number;

  constructor(fd: number, server: number) {
    this.#fd = fd;
    this.#words = new Words(fd);
    this.#record = lxcfsState.servers + server * lxcfsSizes.serverBytes;
    this.#serial = this.#words.read(this.#record + lxcfsServer.serial);
  }

  /** The kernel hands requests out again; without that a single server keeps a journal. */
  get resend(): boolean {
    return this.#words.read(lxcfsState.resend) !== 0;
  }

  get host(): boolean {
    return this.#words.read(lxcfsState.host) !== 0;
  }

  /** No server of this mount has answered yet. */
  get fresh(): boolean {
    return this.#words.read(lxcfsState.ready) === 0;
  }

  serving(): void {
    this.#words.write(this.#record + lxcfsServer.serving, process.pid);
  }

  ready(): void {
    this.#words.write(lxcfsState.ready, 1);
  }

  wantSampler(): void {
    this.#words.write(lxcfsState.sample, 1);
  }

  /**
   * From here on the keeper counts the time, until the server waits for the next request. One that follows another so soon
   * is not noted: if it blocks, the server is killed all the same, and the next one that it is handed to notes it.
   */
  begin(unique: Wide, repeated: boolean): void {
    const now = Date.now();
    if (!repeated && Math.abs(now - this.#noted) < noteMs) return;
    this.#noted = now;
    this.#serial = (this.#serial + 1) >>> 0;
    this.#note.writeUInt32LE(this.#serial, 0);
    this.#note.writeUInt32LE(1, 4);
    this.#note.writeUInt32LE(unique.low, 8);
    this.#note.writeUInt32LE(unique.high, 12);
    writeSync(this.#fd, this.#note, 0, 16, this.#record + lxcfsServer.serial);
  }

  /** How often this request blocked a server. */
  marks(unique: Wide): number {
    const marked = Buffer.alloc(lxcfsSizes.marks * 8);
    readSync(this.#fd, marked, 0, marked.length, lxcfsState.marked);
    let count = 0;
    for (let at = 0; at < marked.length; at += 8)
      if (marked.readUInt32LE(at) === unique.low && marked.readUInt32LE(at + 4) === unique.high) count++;
    return count;
  }

  // ---- the journal ----

  /** The head has the length; what is behind it in the buffer does not matter. */
  writeJournal(request: Request): void {
    writeSync(this.#fd, request.bytes, 0, Math.min(request.length, journalBytes), lxcfsState.journal);
  }

  /** False where nothing was ever written. */
  readJournal(request: Request): boolean {
    readSync(this.#fd, request.bytes, 0, journalBytes, lxcfsState.journal);
    return request.length >= 40 && request.length <= journalBytes;
  }
}

/** Larger requests are writes, which are refused anyway. */
const journalBytes = 8192;
