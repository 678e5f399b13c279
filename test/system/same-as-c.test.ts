/**
 * Every tool of C LXC beside ours: for the same arguments both have the same status and output, say something or
 * nothing, and have changed the same. The cases are in cases/, by tool; there a difference has both answers.
 */

import { readdirSync } from 'node:fs';
import { expect } from 'vitest';
import { cases, foreign } from './cases/index.ts';
import { type Answer, answerOf, type Case } from './harness/case.ts';
import { binDir, cBinDir } from './harness/commands.ts';
import type { Scope } from './harness/scope.ts';
import { testOurs } from './harness/suite.ts';

const both = 'it compares the two';

/** Those that can be run, by what they are. */
function casesOf(tool: string): readonly (readonly [string, Case])[] {
  const { more = {}, ...usual } = cases[tool] ?? {};
  return Object.entries({ ...usual, ...more }).flatMap(([what, one]) =>
    'args' in one ? [[what, one] as const] : [],
  );
}

interface Pair {
  readonly ours: Answer;
  readonly theirs: Answer;
}

async function answersOf(scope: Scope, tool: string, one: Case): Promise<Pair> {
  const name = scope.name();
  return { ours: await answerOf(tool, one, binDir, name), theirs: await answerOf(tool, one, cBinDir, name) };
}

/** What C LXC answered, but for what the case says of either side. */
function wanted(what: string, { effect, status = 0, noise, differs }: Case, { theirs }: Pair): Pair {
  const same: Answer = {
    ...theirs,
    ...(what === 'success' ? { status, stderr: 'silent' } : {}),
    ...(effect === undefined ? {} : { effect: effect[1] }),
  };
  const heard = noise === undefined ? {} : { stderr: theirs.stderr };
  return { ours: { ...same, ...differs?.ours }, theirs: { ...same, ...heard, ...differs?.theirs } };
}

for (const tool of Object.keys(cases))
  testOurs(
    `lxc-${tool} succeeds and refuses as that of C LXC`,
    both,
    async (scope) => {
      const [answers, expected]: [Record<string, Pair>, Record<string, Pair>] = [{}, {}];
      for (const [what, one] of casesOf(tool)) {
        const pair = await answersOf(scope, tool, one);
        answers[what] = pair;
        expected[what] = wanted(what, one, pair);
      }
      expect(answers).toEqual(expected);
    },
    { timeoutMs: 180_000 },
  );

testOurs('Every tool of C LXC has its cases', both, () => {
  const tools = readdirSync(cBinDir).flatMap((file) => /^lxc-(?!test-)(.*)/.exec(file)?.[1] ?? []);
  expect([...Object.keys(cases), ...Object.keys(foreign)].sort()).toEqual(tools.sort());
  return Promise.resolve();
});
