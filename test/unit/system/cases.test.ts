/** The table of the comparison with C LXC: each difference is a decision, with both answers. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cases, foreign } from '../../system/cases/index.ts';
import type { Difference } from '../../system/harness/case.ts';

const decisions = join(import.meta.dirname, '../../../docs/decisions');

const differences: readonly (readonly [string, string, Difference])[] = Object.entries(cases).flatMap(
  ([tool, { more = {}, ...usual }]) =>
    Object.entries({ ...usual, ...more }).flatMap(([what, one]) =>
      'differs' in one && one.differs !== undefined ? [[tool, what, one.differs] as const] : [],
    ),
);

test.each(differences)('lxc-%s, %s: both answers are told, and differ', (_tool, _what, { ours, theirs }) => {
  expect(Object.keys(ours)).toEqual(Object.keys(theirs));
  expect(ours).not.toEqual(theirs);
});

const decided = [
  ...differences.map(([tool, , { decision }]) => [tool, decision] as const),
  ...Object.entries(foreign),
];

test.each(decided)('What is different about lxc-%s is told by %s', (tool, page) => {
  const file = join(decisions, page);
  expect(existsSync(file) ? readFileSync(file, 'utf8') : '').toContain(`lxc-${tool}`);
});
