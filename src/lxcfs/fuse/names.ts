/**
 * The containers that have a number in this mount. A number is part of node ids that the kernel keeps, so it is never
 * used for another name as long as the mount lives: both servers append to one file, a line a name, and the first line
 * with a name counts.
 */

import { appendFileSync } from 'node:fs';
import { textIfReadable } from '../../base/text-file.ts';

export class Names {
  readonly #file: string;
  #names: readonly string[] = [];
  readonly #numbers = new Map<string, number>();

  constructor(file: string) {
    this.#file = file;
    this.#load();
  }

  /** From 1 on; 0 is the shared tree. */
  numberOf(name: string): number {
    const known = this.#numbers.get(name) ?? this.#load().get(name);
    if (known !== undefined) return known;
    appendFileSync(this.#file, `${name}\n`, { mode: 0o600 });
    return this.#load().get(name) ?? 0;
  }

  nameOf(number: number): string | undefined {
    if (number > this.#names.length) this.#load();
    return this.#names[number - 1];
  }

  /** A line that is not whole belongs to a server that is just writing it. */
  #load(): Map<string, number> {
    this.#names = (textIfReadable(this.#file) ?? '').split('\n').slice(0, -1);
    this.#names.forEach((name, index) => {
      if (!this.#numbers.has(name)) this.#numbers.set(name, index + 1);
    });
    return this.#numbers;
  }
}
