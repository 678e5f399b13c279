/**
 * Holds tests to what ../proofs.ts says of them: a test that proves a key has to put it to use. With LXC_TS_WITHOUT=1
 * (`npm run test:keys`) each runs once for every key that it proves, with the lines of that key left out of what it
 * writes, and has to fail then: whoever passes without a key proves nothing about it.
 */

import { parseLine } from '../../../src/config/grammar.ts';
import type { Key } from '../../../src/config/index.ts';
import { type Claim, claims } from '../proofs.ts';
import { type Command, Configured, patternOf } from './configured.ts';

export const withoutKeys = process.env.LXC_TS_WITHOUT !== undefined;

let current = new Configured();
let left: Key | undefined;

/** A command of the test that runs has ended. */
export function commandEnded(command: Command, status: number): void {
  current.ended(command, status);
}

export function claimsOf(title: string): readonly Claim[] {
  return claims.filter((claim) => claim.title === title);
}

/** Lines of a configuration, without those of the key that is left out at the moment. */
export function kept(lines: readonly string[]): string[] {
  return lines.filter((line) => {
    const parsed = parseLine(line);
    return left === undefined || parsed?.kind !== 'setting' || patternOf(parsed.key) !== left;
  });
}

/** Runs a test that claims to prove keys. */
export async function provingly(title: string, run: () => Promise<void>): Promise<void> {
  const own = claimsOf(title);
  if (withoutKeys) {
    for (const claim of own) if (claim.kind === 'seen') await mustFailWithout(claim, run);
    return;
  }
  current = new Configured();
  await run();
  const missing = own.filter(({ key, kind }) => !current[kind === 'seen' ? 'used' : 'tried'].has(key));
  if (missing.length === 0) return;
  const names = missing.map(({ key }) => key).join(', ');
  throw new Error(`proofs.ts says that this test proves ${names}, but it starts nothing with it`);
}

async function mustFailWithout({ key }: Claim, run: () => Promise<void>): Promise<void> {
  left = key;
  try {
    await run();
  } catch {
    return;
  } finally {
    left = undefined;
  }
  throw new Error(`proofs.ts says that this test proves ${key}, but it passes without`);
}
