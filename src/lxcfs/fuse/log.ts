/** What a server has to say, on stderr, where the journal of the unit takes it; never more than a few lines a minute. */

const most = 10;
const minute = 60_000;

export class Log {
  readonly #write: (line: string) => void;
  #since = 0;
  #lines = 0;
  #dropped = 0;

  constructor(write: (line: string) => void = (line) => process.stderr.write(line)) {
    this.#write = write;
  }

  line(text: string, now: number = Date.now()): void {
    if (now - this.#since >= minute) this.#begin(now);
    if (this.#lines++ < most) this.#write(`lxcfs: ${text}\n`);
    else this.#dropped++;
  }

  #begin(now: number): void {
    if (this.#dropped > 0) this.#write(`lxcfs: ${this.#dropped} more lines were left out\n`);
    this.#since = now;
    this.#lines = 0;
    this.#dropped = 0;
  }
}
