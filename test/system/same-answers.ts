/**
 * `node test/system/same-answers.ts WARM COLD`: two transcripts of the system tests, with the daemon and without. Fails
 * where a test's command was answered with other bytes.
 */

import { readFileSync } from 'node:fs';
import { compare, differenceOf, readTranscripts } from './harness/same.ts';

const [warm, cold] = process.argv.slice(2, 4).map((file) => readTranscripts(readFileSync(file, 'utf8')));
if (warm === undefined || cold === undefined) throw new Error('Usage: same-answers.ts WARM COLD');
const comparisons = compare(warm, cold);
const different = comparisons.filter(({ isSame }) => !isSame);
for (const comparison of different) {
  const [one, other] = differenceOf(comparison);
  process.stdout.write(`${comparison.title}\n  ${comparison.argv}\n    warm: ${one}\n    cold: ${other}\n`);
}
process.stdout.write(
  `${comparisons.length - different.length} passed, ${different.length} failed, 0 skipped\n`,
);
process.exitCode = different.length === 0 && comparisons.length > 0 ? 0 : 1;
