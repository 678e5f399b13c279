/** The list of tests on which C LXC and ours differ on purpose, each with the decision that says why. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';

export interface Difference {
  /** The title of the test. */
  readonly test: string;
  readonly differs: string;
  /** Below docs/decisions. */
  readonly decision: string;
}

export const differencesFile = join(import.meta.dirname, '../differences.json');

export const differences: readonly Difference[] = readDifferences();

export function listedDifference(title: string): string | undefined {
  return differences.find((row) => row.test === title)?.differs;
}

function readDifferences(): Difference[] {
  const rows: unknown = JSON.parse(readFileSync(differencesFile, 'utf8'));
  if (!Array.isArray(rows)) throw new Error(`${differencesFile} is no list`);
  return rows.map((row: unknown) => ({
    test: field(row, 'test'),
    differs: field(row, 'differs'),
    decision: field(row, 'decision'),
  }));
}

function field(row: unknown, name: string): string {
  const value: unknown = typeof row === 'object' && row !== null ? Reflect.get(row, name) : undefined;
  if (typeof value !== 'string') throw new Error(`A row of ${differencesFile} has no ${name}`);
  return value;
}
