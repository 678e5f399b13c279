/** 32-bit numbers in the memory file that servers and the keeper share (src/wire/lxcfs.ts). */

import { readSync, writeSync } from 'node:fs';

const bytes = 4;

export class Words {
  readonly #fd: number;
  readonly #word = Buffer.alloc(bytes);

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** 0 where nothing was ever written. */
  read(at: number): number {
    return readSync(this.#fd, this.#word, 0, bytes, at) === bytes ? this.#word.readUInt32LE() : 0;
  }

  write(at: number, value: number): void {
    this.#word.writeUInt32LE(value);
    writeSync(this.#fd, this.#word, 0, bytes, at);
  }
}
