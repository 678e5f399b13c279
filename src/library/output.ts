/** Keeps what comes out of a stream, up to a size. */

import type { Readable } from 'node:stream';

export class Output {
  readonly #pieces: Buffer[] = [];
  readonly #most: number;
  #size = 0;

  /** `onOverflow` is called once, when there is more than `most` bytes; what is too much is dropped. */
  constructor(stream: Readable, most: number, onOverflow: () => void) {
    this.#most = most;
    stream.on('data', (piece: Buffer) => {
      if (this.#size > this.#most) return;
      this.#size += piece.length;
      this.#pieces.push(piece);
      if (this.#size > this.#most) onOverflow();
    });
  }

  get bytes(): Buffer {
    return Buffer.concat(this.#pieces).subarray(0, this.#most);
  }

  /** One line end at the very end is not part of it. */
  get text(): string {
    return this.bytes.toString().replace(/\r?\n$/, '');
  }
}
