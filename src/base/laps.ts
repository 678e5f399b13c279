/** Moments of one caller's command, told by `--trace`. Always taken: what is slow once may be fast the second time. */

export interface Lap {
  /** What ended at this moment. */
  readonly what: string;
  /** Microseconds of CLOCK_MONOTONIC, which the helper's times are of as well. */
  readonly at: number;
}

export class Laps {
  readonly #all: Lap[] = [];

  get all(): readonly Lap[] {
    return this.#all;
  }

  mark(what: string): void {
    const [seconds, nanoseconds] = process.hrtime();
    this.#all.push({ what, at: seconds * 1e6 + nanoseconds / 1e3 });
  }
}
