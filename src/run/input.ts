/** What a client forwards after WANT, as an async iterable that ends with the client. */

import { type Frame, frameTypes } from './frames.ts';
import type { Input } from './session.ts';

export class InputQueue implements AsyncIterable<Input> {
  readonly #items: Input[] = [];
  #wake: (() => void) | undefined;
  #ended = false;

  take({ type, payload }: Frame): void {
    if (type === frameTypes.IN)
      this.#push(payload.length === 0 ? { kind: 'end' } : { kind: 'bytes', bytes: payload });
    else if (type === frameTypes.SIGNAL) this.#push({ kind: 'signal', signal: payload.readUInt32LE() });
    else if (type === frameTypes.WINCH)
      this.#push({ kind: 'window', rows: payload.readUInt32LE(), columns: payload.readUInt32LE(4) });
  }

  end(): void {
    this.#ended = true;
    this.#wake?.();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Input> {
    for (;;) {
      const item = this.#items.shift();
      if (item !== undefined) yield item;
      else if (this.#ended) return;
      else
        await new Promise<void>((wake) => {
          this.#wake = wake;
        });
    }
  }

  #push(item: Input): void {
    this.#items.push(item);
    this.#wake?.();
  }
}
