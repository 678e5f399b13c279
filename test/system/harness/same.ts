/** Compares what the commands of the same tests answered in two runs. Pure. */

import type { Answer, Transcript } from './transcript.ts';

export interface Comparison {
  readonly title: string;
  readonly argv: string;
  /** Status and streams as one text; empty where the command was not run. */
  readonly warm: string;
  readonly cold: string;
  readonly isSame: boolean;
}

export function readTranscripts(text: string): readonly Transcript[] {
  return text
    .trimEnd()
    .split('\n')
    .map((line): Transcript => JSON.parse(line));
}

/** One for each command line of each test that passed in both runs. */
export function compare(warm: readonly Transcript[], cold: readonly Transcript[]): readonly Comparison[] {
  const others = new Map(cold.map((transcript) => [transcript.title, transcript]));
  return warm.flatMap(({ title, answers }) => {
    const other = others.get(title);
    return other === undefined ? [] : compareTest(title, answers, other.answers);
  });
}

function compareTest(title: string, warm: readonly Answer[], cold: readonly Answer[]): readonly Comparison[] {
  const [ones, others] = [lastAnswers(warm), lastAnswers(cold)];
  return [...new Set([...ones.keys(), ...others.keys()])].map((argv) => {
    const [one, other] = [ones.get(argv) ?? '', others.get(argv) ?? ''];
    return { title, argv, warm: one, cold: other, isSame: one === other };
  });
}

/** Who waits for something asks until it is so: what counts is the last answer. */
function lastAnswers(answers: readonly Answer[]): ReadonlyMap<string, string> {
  return new Map(
    answers.map(({ argv, status, stdout, stderr }) => {
      const command = argv.join(' ');
      const plain = (text: string) => comparable(command, text);
      return [plain(command), JSON.stringify([status, plain(stdout), plain(stderr)])];
    }),
  );
}

/** The two texts where they begin to differ. */
export function differenceOf({ warm, cold }: Comparison): readonly [string, string] {
  let at = 0;
  while (at < warm.length && warm[at] === cold[at]) at += 1;
  const from = Math.max(0, at - 80);
  return [warm.slice(from, at + 160), cold.slice(from, at + 160)];
}

interface Rule {
  /** Command lines whose answers it is for; all where absent. */
  readonly command?: RegExp;
  readonly text: RegExp;
  readonly by: string;
}

/** What differs from run to run: pids, what was used, inodes. Everything else is compared to the byte. */
const rules: readonly Rule[] = [
  // What the program inside sees of its world is its own.
  { command: / \/probe$/, text: /^\{"pid": [\s\S]*$/g, by: 'PROBE' },
  { text: /\b([a-z]+:\[)\d+\]/g, by: '$1INODE]' },
  { text: /((?:CPU|BlkIO|Memory|KMem) use|[TR]X bytes|Total bytes|PID): +.*/g, by: '$1: #' },
  { text: /("(?:pid|[a-zA-Z]*(?:Nanoseconds|Bytes))": )\d+/g, by: '$1#' },
  { command: /^lxc-snapshot /, text: /\b\d{4}(?::\d\d){2} \d\d(?::\d\d){2}$/gm, by: 'TIME' },
  { command: /^lxc-info .*-p\b/, text: /^\d+$/gm, by: '#' },
  { command: /^lxc-ls .*\b(?:pid|ram|swap)\b/i, text: /(?: +|-+)?\b\d[\d.]*(?:MB)?\b *| +/g, by: ' # ' },
  { command: /^lxc-(?:attach|execute|unshare|usernsexec) /, text: /\b\d{5,}\b/g, by: '#' },
];

export function comparable(command: string, text: string): string {
  const fitting = rules.filter((rule) => rule.command === undefined || rule.command.test(command));
  return fitting.reduce((plain, rule) => plain.replaceAll(rule.text, rule.by), text);
}
