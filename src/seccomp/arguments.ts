/** The part of a filter that looks at the arguments of a call: 64 bits each, by a machine with words of 32. */

import type { Action } from './action.ts';
import { type Assembler, codes, type Label } from './assembler.ts';
import type { Condition } from './condition.ts';
import type { Branch, Decision } from './decide.ts';

/** In struct seccomp_data. */
const argumentsAt = 16;
const argumentSize = 8;

export class Answers {
  readonly #assembler: Assembler;
  readonly #unlisted: Action;
  /** Code that is there, by the rules it is of: calls of several names have the same. */
  readonly #known = { 32: new Map<readonly Branch[], Label>(), 64: new Map<readonly Branch[], Label>() };

  constructor(assembler: Assembler, unlisted: Action) {
    this.#assembler = assembler;
    this.#unlisted = unlisted;
  }

  of({ branches, bits }: Decision): Label {
    const [first] = branches;
    if (first !== undefined && first.conditions.length === 0) return this.#assembler.answer(first.action);
    const known = this.#known[bits].get(branches);
    if (known !== undefined) return known;
    let next = this.#assembler.answer(this.#unlisted);
    for (const branch of branches.toReversed()) next = this.#branch(branch, next, bits);
    this.#known[bits].set(branches, next);
    return next;
  }

  #branch({ conditions, action }: Branch, otherwise: Label, bits: 32 | 64): Label {
    let next = this.#assembler.answer(action);
    for (const condition of conditions.toReversed())
      next = condition.isTrue
        ? this.#compare(condition, next, otherwise, bits)
        : this.#compare(condition, otherwise, next, bits);
    return next;
  }

  /** The upper half decides, the lower one where the upper halves are equal. */
  #compare({ index, mask, value, comparison }: Condition, yes: Label, no: Label, bits: 32 | 64): Label {
    const offset = argumentsAt + index * argumentSize;
    const low = this.#test(testOf(comparison), offset, lowOf(mask), lowOf(value), yes, no);
    if (bits === 32) return low;
    if (comparison === '==')
      return this.#test(codes.ifEqual, offset + 4, highOf(mask), highOf(value), low, no);
    const equal = this.#assembler.branch(codes.ifEqual, highOf(value), low, no);
    const greater = this.#assembler.branch(codes.ifGreater, highOf(value), yes, equal);
    return this.#assembler.load(offset + 4, greater);
  }

  /** A value has no bit that its mask lacks, so that without a mask there is nothing to compare. */
  #test(code: number, offset: number, mask: number, value: number, yes: Label, no: Label): Label {
    if (mask === 0) return yes;
    const test = this.#assembler.branch(code, value, yes, no);
    const masked = mask === 0xffff_ffff ? test : this.#assembler.and(mask, test);
    return this.#assembler.load(offset, masked);
  }
}

function testOf(comparison: Condition['comparison']): number {
  if (comparison === '==') return codes.ifEqual;
  return comparison === '>' ? codes.ifGreater : codes.ifAtLeast;
}

function lowOf(value: bigint): number {
  return Number(BigInt.asUintN(32, value));
}

function highOf(value: bigint): number {
  return Number(value >> 32n);
}
