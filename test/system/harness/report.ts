/** The end of a run: what was skipped and why, listed differences that no test has any more, and the counts. */

import { readFileSync } from 'node:fs';
import { underC } from './commands.ts';
import { differences } from './differences.ts';

interface Outcome {
  readonly title: string;
  readonly status: string;
}

/** Prints the report; `whole` when no test was selected on the command line. Says whether the list is in order. */
export function report(resultsFile: string, whole: boolean): boolean {
  const outcomes = readOutcomes(resultsFile);
  const skipped = outcomes.filter((outcome) => isSkipped(outcome));
  if (underC && skipped.length > 0)
    process.stdout.write(`\nOurs alone:\n${listed(skipped.map((one) => one.title))}`);
  const missing = whole ? differences.filter((row) => !outcomes.some((one) => one.title === row.test)) : [];
  if (missing.length > 0) {
    process.stdout.write(
      `\nRows of differences.json without a test:\n${listed(missing.map((row) => row.test))}`,
    );
  }
  const passed = outcomes.filter((one) => one.status === 'passed').length;
  const failed = outcomes.length - passed - skipped.length + missing.length;
  process.stdout.write(`${passed} passed, ${failed} failed, ${skipped.length} skipped\n`);
  return failed === 0;
}

function isSkipped(outcome: Outcome): boolean {
  return ['skipped', 'pending', 'todo', 'disabled'].includes(outcome.status);
}

function listed(titles: readonly string[]): string {
  return titles.map((title) => `  ${title}\n`).join('');
}

function readOutcomes(file: string): Outcome[] {
  const outcomes: Outcome[] = [];
  for (const suite of list(JSON.parse(readFileSync(file, 'utf8')), 'testResults')) {
    for (const one of list(suite, 'assertionResults')) {
      outcomes.push({ title: String(Reflect.get(one, 'title')), status: String(Reflect.get(one, 'status')) });
    }
  }
  return outcomes;
}

function list(value: unknown, name: string): object[] {
  const found: unknown = typeof value === 'object' && value !== null ? Reflect.get(value, name) : undefined;
  return Array.isArray(found)
    ? found.filter((one): one is object => typeof one === 'object' && one !== null)
    : [];
}
