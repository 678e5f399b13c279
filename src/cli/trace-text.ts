/** `--trace`: each act of a start with its time, and one line a phase. Times are microseconds since the command began. */

import { showOrigin } from '../base/error.ts';
import { showOp } from '../plan/show-op.ts';
import type { StartTrace } from '../run/start.ts';
import type { PlannedOp } from '../wire/program.ts';
import type { Span } from '../wire/trace.ts';

interface Row extends Span {
  readonly who: 'client' | 'brain' | 'parent' | 'child';
  readonly what: string;
}

export function traceText(trace: StartTrace): string {
  const rows = [...outside(trace), ...inside(trace)].toSorted((one, other) => one.from - other.from);
  const begin = beginOf(trace);
  const phases = phasesOf(trace, rows);
  return [
    `${'at'.padStart(9)} ${'took'.padStart(9)}  who     what`,
    ...rows.map(
      ({ from, to, who, what }) => `${time(from - begin)} ${time(to - from)}  ${who.padEnd(6)}  ${what}`,
    ),
    'Phases:',
    ...phases.map((phase) => phaseLine(phase, endOf(trace) - begin)),
    '',
  ].join('\n');
}

function time(microseconds: number): string {
  return microseconds.toFixed(1).padStart(9);
}

/** The kernel's work of running the client comes before the client's first act. */
function beginOf({ times }: StartTrace): number {
  return times.began - times.execCost;
}

function endOf({ times, laps }: StartTrace): number {
  return laps.at(-1)?.at ?? times.done;
}

/** What is done one after the other, before the first op and after the last. */
function outside(trace: StartTrace): readonly Row[] {
  const { times, laps } = trace;
  const heard = laps[0]?.at ?? times.said;
  const told = laps.at(-1);
  const brain = laps.slice(1, -1);
  return [
    { who: 'client', what: 'exec of the command (processor time)', from: beginOf(trace), to: times.began },
    { who: 'client', what: 'look for a brain, say HELLO', from: times.began, to: times.said },
    { who: 'brain', what: 'wake up, hear HELLO', from: times.said, to: heard },
    ...brain.map(({ what, at }, index) => ({
      who: 'brain' as const,
      what,
      from: brain[index - 1]?.at ?? heard,
      to: at,
    })),
    { who: 'client', what: 'wake up, hear the program', from: brain.at(-1)?.at ?? heard, to: times.run },
    { who: 'client', what: 'take the program in', from: times.run, to: firstOf(trace) },
    ...(told === undefined
      ? []
      : [{ who: 'brain' as const, what: 'wake up, hear how it went', from: times.done, to: told.at }]),
  ];
}

function firstOf({ times }: StartTrace): number {
  return times.parent[0]?.from || times.run;
}

function inside({ program, times }: StartTrace): readonly Row[] {
  return [
    ...opRows('parent', program.parent, times.parent, times.done),
    ...opRows('child', program.child, times.child, times.done),
  ];
}

/** An op that began and did not return is the exec, or the one that failed. */
function opRows(
  who: 'parent' | 'child',
  ops: readonly PlannedOp[],
  spans: readonly Span[],
  done: number,
): readonly Row[] {
  return ops.flatMap((op, index) => {
    const { from = 0, to = 0 } = spans[index] ?? {};
    const { origin } = op.why;
    const place = origin === undefined ? '' : `  # ${showOrigin(origin)}`;
    return from === 0 ? [] : [{ who, what: `${shortened(showOp(op))}${place}`, from, to: to || done }];
  });
}

/** A hook's environment is a page of text; `--plan` shows it. */
function shortened(text: string): string {
  return text.length > mostLetters ? `${text.slice(0, mostLetters)}...` : text;
}

const mostLetters = 120;

interface Phase {
  readonly name: string;
  readonly took: number;
}

function phasesOf(trace: StartTrace, rows: readonly Row[]): readonly Phase[] {
  const { times, program } = trace;
  const clone = times.parent[program.parent.findIndex(({ op }) => op.startsWith('clone'))];
  const ops = rows.filter(({ who }) => who === 'parent' || who === 'child');
  const between = (from: number, to: number) => covered(ops, from, to);
  const sum = (who: Row['who']) =>
    outside(trace).reduce((total, row) => (row.who === who ? total + row.to - row.from : total), 0);
  const [first, born] = [firstOf(trace), clone?.from || times.done];
  const named = [
    { name: 'client: exec, find a brain, take the program in', took: sum('client') },
    { name: 'brain: from what is asked to a program', took: sum('brain') },
    { name: 'parent: before there is a process', took: between(first, born) },
    { name: 'parent: make the process', took: between(born, clone?.to ?? times.done) },
    {
      name: 'parent and child, side by side, until exec',
      took: between(clone?.to ?? times.done, times.done),
    },
  ];
  const total = endOf(trace) - beginOf(trace);
  const explained = named.reduce((all, { took }) => all + took, 0);
  return [
    ...named,
    { name: 'between the acts', took: total - explained },
    { name: 'the whole start', took: total },
  ];
}

/** How much of the time from `from` to `to` at least one of the rows was at work. */
function covered(rows: readonly Span[], from: number, to: number): number {
  let [total, at] = [0, from];
  for (const row of rows.toSorted((one, other) => one.from - other.from)) {
    const [begin, end] = [Math.max(row.from, at), Math.min(row.to, to)];
    if (end <= begin) continue;
    total += end - begin;
    at = end;
  }
  return total;
}

function phaseLine({ name, took }: Phase, total: number): string {
  const share = ((100 * took) / total).toFixed(1);
  return `${time(took)} ${`${share} %`.padStart(9)}  ${name}`;
}
