/**
 * What the commands of a test answered, in the file that LXC_TS_TRANSCRIPT names: a line of JSON a test. Those of a run
 * with the daemon and of one without are compared by ../same-answers.ts.
 */

import { appendFileSync } from 'node:fs';
import { runPrefix } from './run-prefix.ts';

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

export function beginTranscript(): void {
  answers = [];
}

export function answered(argv: readonly string[], { status, stdout, stderr }: Omit<Answer, 'argv'>): void {
  if (file === undefined) return;
  answers.push({ argv: argv.map(plain), status, stdout: plain(stdout), stderr: plain(stderr) });
}

export function endTranscript(title: string): void {
  if (file === undefined) return;
  const transcript: Transcript = { title, answers };
  appendFileSync(file, `${JSON.stringify(transcript)}\n`);
}

/** Names that are drawn by lot, pids and times are not part of an answer. */
function plain(text: string): string {
  return text.replaceAll(new RegExp(`${runPrefix}-[0-9a-z]+-(\\d+)`, 'g'), 'NAME-$1');
}
