/** What was asked for on the command line of the benchmark. */

import { parseArgs } from 'node:util';

export interface Options {
  /** Names of rows and parts; all where nobody said. */
  readonly only: readonly string[] | undefined;
  readonly rounds: number;
  readonly format: 'json' | 'md';
  /** Figures and plots are saved, docs/performance.md is brought up to date. */
  readonly write: boolean;
  /** Nothing is measured: the figures are there. */
  readonly from: string | undefined;
  /** Containers at once. */
  readonly largest: number;
}

export function optionsOf(words: readonly string[], names: readonly string[]): Options {
  const { values } = parseArgs({
    args: [...words],
    options: {
      only: { type: 'string' },
      rounds: { type: 'string', default: '40' },
      format: { type: 'string', default: 'md' },
      write: { type: 'boolean', default: false },
      from: { type: 'string' },
      largest: { type: 'string', default: '500' },
    },
  });
  const { format, write, from } = values;
  if (format !== 'json' && format !== 'md') throw new Error(`--format ${format}: it is json or md`);
  const only = values.only?.split(',');
  for (const one of only ?? [])
    if (!names.some((name) => isChosen(name, [one])))
      throw new Error(`--only ${one}: there is no such row; there are ${names.join(', ')}`);
  return {
    ...{ only, format, write, from },
    rounds: numberOf('rounds', values.rounds),
    largest: numberOf('largest', values.largest),
  };
}

function numberOf(option: string, value: string): number {
  if (!/^[1-9]\d*$/.test(value)) throw new Error(`--${option} ${value}: it is a number from 1 on`);
  return Number(value);
}

/** By its whole name, or by what comes before a dash: `ls` is `ls-1`, `ls-10` and `ls-100`. */
export function isChosen(name: string, only: readonly string[] | undefined): boolean {
  return only === undefined || only.some((one) => name === one || name.startsWith(`${one}-`));
}
