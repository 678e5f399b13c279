/** Compares what the commands of the same tests answered in two runs. Pure. */

import { comparable, isRace } from './chance.ts';
import type { Answer, Transcript } from './transcript.ts';

export interface Comparison {
  readonly title: string;
  readonly argv: string;
  /** Status and streams as one text; empty where the command was not run. */
  readonly warm: string;
  readonly cold: string;
  readonly verdict: Verdict;
}

/** What a race says depends on who comes first: it is one comparison, which says nothing. */
export type Verdict = 'same' | 'different' | 'race';

export function readTranscripts(text: string): readonly Transcript[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line): Transcript => JSON.parse(line));
}

/** One for each command of each test that passed in both runs. */
export function compare(warm: readonly Transcript[], cold: readonly Transcript[]): readonly Comparison[] {
  const others = byTitle(cold);
  return [...byTitle(warm)].flatMap(([title, answers]) => {
    const other = others.get(title);
    if (other === undefined) return [];
    return isRace(title) ? [race(title)] : compareTest(title, answers, other);
  });
}

function byTitle(transcripts: readonly Transcript[]): ReadonlyMap<string, readonly Answer[]> {
  const all = new Map<string, readonly Answer[]>();
  for (const { title, answers } of transcripts) {
    if (all.has(title)) throw new Error(`Two tests are called "${title}": one of them needs another title`);
    all.set(title, answers);
  }
  return all;
}

function race(title: string): Comparison {
  return { title, argv: '', warm: '', cold: '', verdict: 'race' };
}

/** A command line that was said several times is compared time by time. */
function compareTest(title: string, warm: readonly Answer[], cold: readonly Answer[]): readonly Comparison[] {
  const [ones, others] = [byCommand(warm), byCommand(cold)];
  return [...new Set([...ones.keys(), ...others.keys()])].flatMap((argv) => {
    const [some, more] = [ones.get(argv) ?? [], others.get(argv) ?? []];
    return Array.from({ length: Math.max(some.length, more.length) }, (_, index): Comparison => {
      const [one, other] = [some[index] ?? '', more[index] ?? ''];
      return { title, argv, warm: one, cold: other, verdict: one === other ? 'same' : 'different' };
    });
  });
}

function byCommand(answers: readonly Answer[]): ReadonlyMap<string, readonly string[]> {
  const all = new Map<string, string[]>();
  for (const answer of answers) {
    const { argv, text } = comparable(answer);
    all.set(argv, [...(all.get(argv) ?? []), text]);
  }
  return all;
}

/** The two texts where they begin to differ. */
export function differenceOf({ warm, cold }: Comparison): readonly [string, string] {
  let at = 0;
  while (at < warm.length && warm[at] === cold[at]) at += 1;
  const from = Math.max(0, at - 80);
  return [warm.slice(from, at + 160), cold.slice(from, at + 160)];
}
