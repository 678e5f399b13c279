/**
 * What the commands of a test answered, in the file that LXC_TS_TRANSCRIPT names: a line of JSON a test. Those of a run
 * with the daemon and of one without are compared by ../same-answers.ts.
 */

import { AsyncLocalStorage } from 'node:async_hooks';
import { appendFileSync } from 'node:fs';

export interface Answer {
  readonly argv: readonly string[];
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Transcript {
  readonly title: string;
  readonly answers: readonly Answer[];
}

const file = process.env.LXC_TS_TRANSCRIPT;
let answers: Answer[] = [];
/** Answers to who waits: kept of the last time only, when they were what he waited for. */
const waiting = new AsyncLocalStorage<Answer[]>();

export function beginTranscript(): void {
  answers = [];
}

export function answered(argv: readonly string[], { status, stdout, stderr }: Omit<Answer, 'argv'>): void {
  if (file === undefined) return;
  const list = waiting.getStore() ?? answers;
  list.push({ argv, status, stdout, stderr });
}

/** Asks once whether something holds. How often that takes is chance, so what is answered counts where it does. */
export async function asked(holds: () => boolean | Promise<boolean>): Promise<boolean> {
  const heard: Answer[] = [];
  const does = await waiting.run(heard, async () => await holds());
  if (does) (waiting.getStore() ?? answers).push(...heard);
  return does;
}

export function endTranscript(title: string): void {
  if (file === undefined) return;
  const transcript: Transcript = { title, answers };
  appendFileSync(file, `${JSON.stringify(transcript)}\n`);
}
