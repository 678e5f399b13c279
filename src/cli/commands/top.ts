/** lxc-top: what running containers use, on a screen with keys, as lines of numbers, or as JSON. */

import { setTimeout as sleep } from 'node:timers/promises';
import { LxcError } from '../../base/error.ts';
import type { Input, Session, Window } from '../../run/session.ts';
import { type Sample, sampleContainers } from '../../run/top.ts';
import type { Command, Invocation } from '../command.ts';
import { format } from '../format.ts';
import { flag, integer, parsed } from '../option.ts';
import {
  batchHeader,
  batchText,
  isSortKey,
  jsonLine,
  type Order,
  type SortKey,
  screenLines,
} from '../top-text.ts';

const options = {
  delay: parsed(
    {
      short: 'd',
      long: 'delay',
      metavar: 'SECONDS',
      help: 'Wait this long between two looks: 3, or 300 with -b',
    },
    delayOf,
  ),
  batch: flag({ short: 'b', long: 'batch', help: 'Print lines of numbers with commas between them' }),
  sort: parsed(
    {
      short: 's',
      long: 'sort',
      metavar: 'KEY',
      help: 'Sort by n (name), c (processor time), b (block I/O), m (memory), s (memory and swap), k (kernel memory)',
    },
    sortKeyOf,
  ),
  reverse: flag({ short: 'r', long: 'reverse', help: 'Sort the other way round' }),
  format,
} as const;

/** The other screen, without a cursor; and back, whatever happens. */
const enter = '\x1b[?1049h\x1b[?25l';
const farewell = '\x1b[?25h\x1b[?1049l';
const ctrlC = '\x03';

export const top: Command = {
  name: 'lxc-top',
  summary: 'Show what running containers use',
  named: false,
  options: Object.values(options),
  async run(invocation, session) {
    const order = { by: invocation.get(options.sort) ?? 'n', isReverse: invocation.get(options.reverse) };
    if (invocation.get(options.format) === 'json')
      await print(invocation, session, 3, (sample) => jsonLine(sample, order));
    else if (invocation.get(options.batch)) {
      session.out(batchHeader);
      await print(invocation, session, 300, (sample) => batchText(sample, order));
    } else await new TopScreen(invocation, session, order).show();
    return 0;
  },
};

/** Until the caller has gone. */
async function print(
  invocation: Invocation,
  session: Session,
  usualDelay: number,
  textOf: (sample: Sample) => string,
): Promise<void> {
  const milliseconds = pauseOf(invocation, usualDelay);
  let sample: Sample | undefined;
  while (!session.signal.aborted) {
    sample = await sampleContainers(invocation.lxcpath, sample);
    session.out(textOf(sample));
    await sleep(milliseconds, undefined, { signal: session.signal }).catch(() => undefined);
  }
}

/** In milliseconds. Without any pause there would be more to say than anybody can read. */
function pauseOf(invocation: Invocation, usualDelay: number): number {
  return Math.max(100, 1000 * (invocation.get(options.delay) ?? usualDelay));
}

class TopScreen {
  readonly #session: Session;
  readonly #lxcpath: string;
  readonly #milliseconds: number;
  #order: Order;
  #window: Window;
  #sample: Sample | undefined;

  constructor(invocation: Invocation, session: Session, order: Order) {
    this.#session = session;
    this.#lxcpath = invocation.lxcpath;
    this.#milliseconds = pauseOf(invocation, 3);
    this.#order = order;
    this.#window = session.window;
  }

  async show(): Promise<void> {
    const { stdin, stdout } = this.#session.isatty;
    if (!stdin || !stdout)
      throw new LxcError('Failed to show a screen: standard input or output is no terminal', {
        hint: 'print lines by -b, or JSON by --format json',
      });
    // What fails at once is told on the screen that stays.
    await this.#look();
    const inputs = this.#session.want(farewell)[Symbol.asyncIterator]();
    this.#session.out(enter);
    let next = inputs.next();
    for (;;) {
      this.#draw();
      const due = this.#due();
      for (;;) {
        const came = await Promise.race([next, due]);
        if (came === undefined) break;
        if (came.done === true || this.#isEnd(came.value)) return;
        next = inputs.next();
        this.#draw();
      }
      await this.#look();
    }
  }

  /** Comes when it is time to look again. */
  #due(): Promise<undefined> {
    const { signal } = this.#session;
    return sleep(this.#milliseconds, undefined, { signal }).catch(() => undefined);
  }

  async #look(): Promise<void> {
    this.#sample = await sampleContainers(this.#lxcpath, this.#sample);
  }

  #draw(): void {
    if (this.#sample === undefined) return;
    const lines = screenLines(this.#sample, this.#order, this.#window);
    this.#session.out(`\x1b[H${lines.map((line) => `${line}\x1b[K`).join('\r\n')}\x1b[J`);
  }

  #isEnd(input: Input): boolean {
    if (input.kind === 'window') this.#window = input;
    if (input.kind !== 'bytes') return input.kind !== 'window';
    return [...input.bytes.toString('latin1')].some((key) => this.#isLast(key));
  }

  /** A key that was chosen already turns the order round. */
  #isLast(key: string): boolean {
    const { by, isReverse } = this.#order;
    if (key === 'r') this.#order = { by, isReverse: !isReverse };
    else if (isSortKey(key)) this.#order = { by: key, isReverse: by === key && !isReverse };
    return key === 'q' || key === ctrlC;
  }
}

function delayOf(value: string): number {
  const seconds = integer(value);
  if (seconds >= 0 && seconds <= 2_000_000) return seconds;
  throw new LxcError(`Failed to wait for ${value} seconds`, { hint: 'give a whole number from 0 on' });
}

function sortKeyOf(value: string): SortKey {
  if (isSortKey(value)) return value;
  throw new LxcError(`Failed to sort by '${value}'`, { hint: 'give n, c, b, m, s or k' });
}
