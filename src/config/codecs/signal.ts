/** Signals by number or by name. The numbers are those of Linux on every machine that we build for. */

import { bad, wholeNumber } from '../codec.ts';
import { nearest } from '../nearest.ts';
import type { Codec } from '../row.ts';

const numbers: ReadonlyMap<string, number> = new Map([
  ['HUP', 1],
  ['INT', 2],
  ['QUIT', 3],
  ['ILL', 4],
  ['TRAP', 5],
  ['ABRT', 6],
  ['IOT', 6],
  ['BUS', 7],
  ['FPE', 8],
  ['KILL', 9],
  ['USR1', 10],
  ['SEGV', 11],
  ['USR2', 12],
  ['PIPE', 13],
  ['ALRM', 14],
  ['TERM', 15],
  ['STKFLT', 16],
  ['CLD', 17],
  ['CHLD', 17],
  ['CONT', 18],
  ['STOP', 19],
  ['TSTP', 20],
  ['TTIN', 21],
  ['TTOU', 22],
  ['URG', 23],
  ['XCPU', 24],
  ['XFSZ', 25],
  ['VTALRM', 26],
  ['PROF', 27],
  ['WINCH', 28],
  ['IO', 29],
  ['POLL', 29],
  ['PWR', 30],
  ['SYS', 31],
  ['UNUSED', 31],
]);

// The C library keeps 32 and 33 for itself, so its SIGRTMIN is 34.
const rtMin = 34;
const rtMax = 64;

export const signal: Codec<number> = { form: 'SIGNAL', parse: parseSignal, show: String };

function parseSignal(value: string): number {
  if (/^[0-9]/.test(value)) return plainNumber(value);
  const name = /^SIG(.+)$/i.exec(value)?.[1]?.toUpperCase();
  if (name === undefined)
    throw bad('it is neither a number nor a name that starts with SIG', suggestion(value));
  const number = numbers.get(name) ?? realTime(name);
  if (number === undefined) throw bad('there is no such signal', suggestion(name));
  return number;
}

function plainNumber(value: string): number {
  const number = wholeNumber(value);
  if (number === undefined || number > rtMax) throw bad(`it is not a signal number from 0 to ${rtMax}`);
  return Number(number);
}

function realTime(name: string): number | undefined {
  const match = /^RT(MIN\+|MAX-)([0-9]{1,2})$/.exec(name);
  if (match === null) return undefined;
  const offset = Number(match[2]);
  if (offset > rtMax - rtMin) return undefined;
  return match[1] === 'MIN+' ? rtMin + offset : rtMax - offset;
}

function suggestion(value: string): string | undefined {
  if (/^(SIG)?RTM(IN|AX)$/i.test(value)) return 'real-time signals are written SIGRTMIN+N or SIGRTMAX-N';
  const near = nearest(value.toUpperCase(), numbers.keys());
  return near === undefined ? undefined : `did you mean "SIG${near}"?`;
}
