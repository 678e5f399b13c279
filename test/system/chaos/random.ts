/** Numbers by lot that a seed gives again. */

const spread = 0x9e3779b9;

export class Random {
  #state: number;

  /** The `index`th of the seed's many. */
  constructor(seed: number, index: number) {
    this.#state = mix((seed >>> 0) + Math.imul(index + 1, spread));
  }

  /** From 0 to `limit` - 1. */
  below(limit: number): number {
    this.#state = (this.#state + spread) >>> 0;
    return mix(this.#state) % limit;
  }

  /** True in one of `of` cases. */
  one(of: number): boolean {
    return this.below(of) === 0;
  }

  pick<T>(from: readonly T[]): T {
    const picked = from[this.below(from.length)];
    if (picked === undefined) throw new Error('There is nothing to pick from');
    return picked;
  }
}

/** Every bit of the result depends on every bit of `value`. */
function mix(value: number): number {
  let bits = value >>> 0;
  bits = Math.imul(bits ^ (bits >>> 16), 0x21f0aaad);
  bits = Math.imul(bits ^ (bits >>> 15), 0x735a2d97);
  return (bits ^ (bits >>> 15)) >>> 0;
}
