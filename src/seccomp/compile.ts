/**
 * From decisions to a filter: which interface, then a binary search for the number of the call, then, where a rule
 * has conditions, the arguments.
 */

import { type Action, kill } from './action.ts';
import type { Architecture } from './architectures.ts';
import { Answers } from './arguments.ts';
import { Assembler, codes, type Label } from './assembler.ts';
import type { Decision, Decisions } from './decide.ts';

/** struct seccomp_data. */
const offsets = { number: 0, architecture: 4 } as const;

/** Instructions are few even where each call has its own answer: a search takes as many steps as the count has bits. */
export function compile(
  unlisted: Action,
  architectures: readonly Architecture[],
  decisions: readonly Decisions[],
): { readonly filter: Buffer; readonly instructions: number } {
  const assembler = new Assembler();
  const answers = new Answers(assembler, unlisted);
  const otherwise: Decision = { branches: [{ conditions: [], action: unlisted }], bits: 64 };
  let start = assembler.answer(kill);
  for (const [token, calls] of [...byToken(architectures, decisions)].toReversed()) {
    const parts = partsOf(calls, otherwise);
    const search = (first: number, end: number): Label => {
      const middle = (first + end) >>> 1;
      const part = parts[middle];
      if (part === undefined || middle === first) return answers.of(parts[first]?.decision ?? otherwise);
      const above = search(middle, end);
      return assembler.branch(codes.ifAtLeast, part.from, above, search(first, middle));
    };
    const found = assembler.load(offsets.number, search(0, parts.length));
    start = assembler.branch(codes.ifEqual, token, found, start);
  }
  const filter = assembler.program(assembler.load(offsets.architecture, start));
  return { filter, instructions: filter.length / instructionSize };
}

const instructionSize = 8;

/** All calls that come under one token: x32 shares that of x86-64. */
function byToken(
  architectures: readonly Architecture[],
  decisions: readonly Decisions[],
): ReadonlyMap<number, Decisions> {
  const tokens = new Map<number, Map<number, Decision>>();
  for (const [index, { token }] of architectures.entries()) {
    const calls = tokens.get(token) ?? new Map<number, Decision>();
    for (const [number, decision] of decisions[index] ?? []) calls.set(number, decision);
    tokens.set(token, calls);
  }
  return tokens;
}

/** The numbers from one on, up to where the next part starts. */
interface Part {
  readonly from: number;
  readonly decision: Decision;
}

/** Neighbours with the same answer are one part. */
function partsOf(calls: Decisions, otherwise: Decision): readonly Part[] {
  const parts: Part[] = [{ from: 0, decision: otherwise }];
  for (const [number, decision] of [...calls].sort(([left], [right]) => left - right)) {
    append(parts, { from: number, decision });
    append(parts, { from: number + 1, decision: otherwise });
  }
  return parts;
}

function append(parts: Part[], part: Part): void {
  if (parts.at(-1)?.from === part.from) parts.pop();
  const last = parts.at(-1);
  if (last === undefined || !isSame(last.decision, part.decision)) parts.push(part);
}

function isSame(left: Decision, right: Decision): boolean {
  const [one, other] = [left.branches[0], right.branches[0]];
  if (one === undefined || other === undefined) return false;
  return one.conditions.length === 0 && other.conditions.length === 0 && one.action === other.action;
}
