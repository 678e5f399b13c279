/**
 * A connected socket that was inherited, read and written as a file: the first client of a daemon and that of a cold
 * brain are answered before node:net is loaded, which takes half as long as all of Node.js.
 */

import { close, read, write } from 'node:fs';
import type { Line, LineEvents } from './line.ts';

const pieceBytes = 16_384;

export class DescriptorLine implements Line {
  readonly #fd: number;
  readonly #waiting: Buffer[] = [];
  #events: LineEvents | undefined;
  #writing = false;
  #reading = false;
  #ending = false;
  #broken = false;
  #closed = false;

  constructor(fd: number) {
    this.#fd = fd;
  }

  get writable(): boolean {
    return !this.#ending && !this.#broken;
  }

  listen(events: LineEvents): void {
    this.#events = events;
    this.#read();
  }

  write(bytes: Buffer): void {
    if (!this.writable) return;
    this.#waiting.push(bytes);
    if (!this.#writing) this.#write();
  }

  end(): void {
    this.#ending = true;
    this.#settle();
  }

  destroy(): void {
    this.#break();
  }

  /** One piece at a time, each in memory of its own: frames are kept as parts of it. */
  #read(): void {
    this.#reading = true;
    read(this.#fd, Buffer.allocUnsafe(pieceBytes), 0, pieceBytes, null, (error, size, bytes) => {
      this.#reading = false;
      if (error !== null || size === 0) this.#break();
      else this.#take(bytes.subarray(0, size));
    });
  }

  #take(piece: Buffer): void {
    this.#events?.data(piece);
    if (this.#broken || this.#ending) this.#settle();
    else this.#read();
  }

  #write(): void {
    const bytes = Buffer.concat(this.#waiting.splice(0));
    this.#writing = true;
    this.#writeRest(bytes, 0);
  }

  #writeRest(bytes: Buffer, from: number): void {
    write(this.#fd, bytes, from, bytes.length - from, null, (error, size) => {
      if (error === null && from + size < bytes.length) this.#writeRest(bytes, from + size);
      else this.#written(error);
    });
  }

  #written(error: Error | null): void {
    this.#writing = false;
    if (error !== null) this.#break();
    else if (this.#waiting.length > 0) this.#write();
    else this.#settle();
  }

  #break(): void {
    if (this.#broken) {
      this.#settle();
      return;
    }
    this.#broken = true;
    this.#waiting.length = 0;
    this.#events?.ended();
    this.#settle();
  }

  /** Closed under a read or write in progress, the number could already be another file's. The client hangs up first. */
  #settle(): void {
    if (this.#closed || this.#reading || this.#writing || !(this.#ending || this.#broken)) return;
    this.#closed = true;
    close(this.#fd, () => {});
    this.#events?.ended();
    this.#events?.closed();
  }
}
