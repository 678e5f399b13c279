/**
 * The `test` of the system tests: each runs with a scope that removes what it made, and fails when the world
 * afterwards is not the world before. The same tests run against C LXC; where it differs on purpose a row of
 * differences.json says so, and what is ours alone is skipped there with its reason.
 */

import { test as vitestTest } from 'vitest';
import { underC } from './commands.ts';
import { listedDifference } from './differences.ts';
import { claimsOf, provingly, withoutKeys } from './proof.ts';
import { Scope } from './scope.ts';
import { beginTranscript, endTranscript } from './transcript.ts';
import { removeContainers, settled, snapshot, sweep } from './world.ts';

type Body = (scope: Scope) => Promise<void>;

interface Options {
  readonly timeoutMs?: number;
}

export function test(title: string, body: Body, options: Options = {}): void {
  const difference = underC ? listedDifference(title) : undefined;
  const proved = claimsOf(title).length;
  const timeout = (options.timeoutMs ?? 60_000) * (withoutKeys ? Math.max(1, proved) : 1);
  vitestTest.skipIf(withoutKeys && proved === 0)(title, { timeout }, async () => {
    if (difference === undefined) await provingly(title, () => inTranscript(title, body));
    else await mustDiffer(body, difference);
  });
}

/** A test of something that C LXC 5.0 does not have; `reason` says what. */
export function testOurs(title: string, reason: string, body: Body, options: Options = {}): void {
  if (underC) vitestTest.skip(`${title} (ours alone: ${reason})`, () => undefined);
  else test(title, body, options);
}

async function inTranscript(title: string, body: Body): Promise<void> {
  beginTranscript();
  await inScope(body);
  endTranscript(title);
}

async function inScope(body: Body): Promise<void> {
  const before = snapshot();
  const scope = new Scope();
  try {
    await body(scope);
  } catch (error) {
    await scope.cleanUp();
    sweep(before);
    removeContainers();
    throw error;
  }
  await scope.cleanUp();
  const left = await settled(before);
  sweep(before);
  if (left.length > 0) throw new Error(`The test left something behind:\n${left.join('\n')}`);
}

async function mustDiffer(body: Body, differs: string): Promise<void> {
  try {
    await inScope(body);
  } catch {
    return;
  }
  throw new Error(`The listed difference is none any more, remove its row: ${differs}`);
}
