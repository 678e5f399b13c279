/** The end of a run: what was skipped and why, listed differences that no test has any more, keys that nothing proved, and the counts. */

import { appendFileSync, readFileSync } from 'node:fs';
import { countOutcomes, failuresText, isSkipped, type Outcome, readOutcomes } from '../../outcomes.ts';
import { claims } from '../proofs.ts';
import { underC } from './commands.ts';
import { differences } from './differences.ts';
import { withoutKeys } from './proof.ts';

/** Prints the report; `whole` when no test was selected on the command line. Says whether all is in order. */
export function report(resultsFile: string, whole: boolean): boolean {
  const outcomes = readOutcomes(readFileSync(resultsFile, 'utf8'));
  const counts = countOutcomes(outcomes);
  const skipped = outcomes.filter(isSkipped).map((one) => one.title);
  if (underC && skipped.length > 0) process.stdout.write(`\nOurs alone:\n${listed(skipped)}`);
  const missing =
    whole && !withoutKeys ? differences.filter((row) => !outcomes.some((one) => one.title === row.test)) : [];
  if (missing.length > 0) {
    process.stdout.write(
      `\nRows of differences.json without a test:\n${listed(missing.map((row) => row.test))}`,
    );
  }
  const unproved = whole && !underC && !withoutKeys ? unprovedKeys(outcomes) : [];
  if (unproved.length > 0) process.stdout.write(`\nKeys whose proof did not pass:\n${listed(unproved)}`);
  // `sh scripts/test` repeats at its end what failed here.
  const told = process.env.LXC_TS_FAILURES;
  if (told !== undefined) appendFileSync(told, failuresText(outcomes));
  const failed = counts.failed + missing.length + unproved.length;
  process.stdout.write(`${counts.passed} passed, ${failed} failed, ${counts.skipped} skipped\n`);
  return failed === 0;
}

function unprovedKeys(outcomes: readonly Outcome[]): string[] {
  const passed = new Set(outcomes.filter(({ status }) => status === 'passed').map(({ title }) => title));
  return claims.filter(({ title }) => !passed.has(title)).map(({ key, title }) => `${key}: ${title}`);
}

function listed(titles: readonly string[]): string {
  return titles.map((title) => `  ${title}\n`).join('');
}
