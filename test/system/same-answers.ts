/**
 * `node test/system/same-answers.ts WARM COLD`: two transcripts of the system tests, with the daemon and without. Fails
 * where a test's command was answered with other bytes, and where so few were answered that it says nothing.
 */

import { readFileSync } from 'node:fs';
import { compare, differenceOf, readTranscripts, type Verdict } from './harness/same.ts';

/** The tests have about 4,000; so many must have been answered in both runs. */
const fewest = 2500;

const [warm, cold] = process.argv.slice(2, 4).map((file) => readTranscripts(readFileSync(file, 'utf8')));
if (warm === undefined || cold === undefined) throw new Error('Usage: same-answers.ts WARM COLD');

const comparisons = compare(warm, cold);
for (const comparison of comparisons.filter(({ verdict }) => verdict === 'different')) {
  const [one, other] = differenceOf(comparison);
  process.stdout.write(`${comparison.title}\n  ${comparison.argv}\n    warm: ${one}\n    cold: ${other}\n`);
}
const count = (verdict: Verdict) => comparisons.filter((one) => one.verdict === verdict).length;
const [passed, failed, skipped] = [count('same'), count('different'), count('race')];
if (passed + failed < fewest)
  process.stdout.write(`Only ${passed + failed} answers could be compared, of at least ${fewest}\n`);
process.stdout.write(`${passed} passed, ${failed} failed, ${skipped} skipped\n`);
process.exitCode = failed === 0 && passed >= fewest ? 0 : 1;
