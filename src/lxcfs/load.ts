/**
 * The load average of one container, as the kernel reckons its own: every 5 seconds the tasks that run or wait for a
 * disk are counted, and three averages move towards that number.
 */

/** Averages have 11 binary digits behind the point. */
export interface Load {
  readonly averages: readonly [one: number, five: number, fifteen: number];
  readonly running: number;
  readonly total: number;
  /** Largest task id, as the container sees it. */
  readonly last: number;
}

export interface TaskCount {
  readonly running: number;
  readonly total: number;
  readonly last: number;
}

const one = 2048;
/** 2048 / e^(5s/1min), e^(5s/5min), e^(5s/15min). */
const decays = [1884, 2014, 2037] as const;

export const emptyLoad: Load = { averages: [0, 0, 0], running: 0, total: 1, last: 0 };

/** `ticks`: how many times 5 seconds went by; a sampler that was late counts the same tasks for each of them. */
export function nextLoad(load: Load, count: TaskCount, ticks: number): Load {
  const step = (value: number, decay: number) => {
    let average = value;
    for (let tick = 0; tick < Math.min(ticks, mostTicks); tick++)
      average = towards(average, decay, count.running);
    return average;
  };
  const [first, second, third] = load.averages;
  const [fast, middle, slow] = decays;
  return { averages: [step(first, fast), step(second, middle), step(third, slow)], ...count };
}

/** An hour: all averages have arrived by then. */
const mostTicks = 720;

/** Rounded up while it rises, so that it arrives. */
function towards(average: number, decay: number, running: number): number {
  const target = running * one;
  const carry = target >= average ? one - 1 : 0;
  return Math.floor((average * decay + target * (one - decay) + carry) / one);
}

export function renderLoad({ averages, running, total, last }: Load): string {
  return `${averages.map(decimal).join(' ')} ${running}/${total} ${last}\n`;
}

/** Half of the last digit is added, as the kernel does. */
function decimal(average: number): string {
  const rounded = average + 10;
  const cents = Math.floor(((rounded % one) * 100) / one);
  return `${Math.floor(rounded / one)}.${String(cents).padStart(2, '0')}`;
}

/** What the kernel shows of its own: `0.52 0.58 0.59 1/597 12345`. */
export function parseLoad(text: string): Load {
  const [first, second, third, running, total, last] = text.split(/[ /]/).map(Number);
  const fixed = (value = 0) => Math.round(value * one);
  return {
    averages: [fixed(first), fixed(second), fixed(third)],
    running: running ?? 0,
    total: total ?? 1,
    last: last ?? 0,
  };
}
