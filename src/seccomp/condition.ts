/** A condition on an argument of a call: `[INDEX,VALUE,OPERATOR]` or `[INDEX,VALUE,OPERATOR,MASK]`. */

import { wholeNumber } from '../config/index.ts';

/** All that the kernel's filter machine can ask; the other operators are these with `isTrue` turned round. */
type Comparison = '==' | '>=' | '>';

export interface Condition {
  /** Which argument, from 0 to 5. */
  readonly index: number;
  /** The bits of the argument that count. */
  readonly mask: bigint;
  readonly comparison: Comparison;
  readonly value: bigint;
  /** Whether the comparison has to hold, or not to hold. */
  readonly isTrue: boolean;
}

export const allBits = 0xffff_ffff_ffff_ffffn;

const comparisons: ReadonlyMap<string, readonly [comparison: Comparison, isTrue: boolean]> = new Map([
  ['!=', ['==', false]],
  ['<', ['>=', false]],
  ['<=', ['>', false]],
  ['==', ['==', true]],
  ['>=', ['>=', true]],
  ['>', ['>', true]],
  ['&=', ['==', true]],
]);

const libseccompNames: ReadonlyMap<string, string> = new Map([
  ['SCMP_CMP_NE', '!='],
  ['SCMP_CMP_LT', '<'],
  ['SCMP_CMP_LE', '<='],
  ['SCMP_CMP_EQ', '=='],
  ['SCMP_CMP_GE', '>='],
  ['SCMP_CMP_GT', '>'],
  ['SCMP_CMP_MASKED_EQ', '&='],
]);

export function maskedEqual(index: number, mask: bigint, value: bigint): Condition {
  return { index, mask, comparison: '==', value: value & mask, isTrue: true };
}

/** A text: what is wrong with it. */
export function readCondition(text: string): Condition | string {
  const [first = '', second = '', name = '', fourth, ...rest] = text.split(',').map((field) => field.trim());
  if (rest.length > 0) return 'it has more than four fields';
  const index = wholeNumber(first);
  if (index === undefined || index < 0n || index > 5n)
    return `"${first}" is no argument, they go from 0 to 5`;
  const value = word64(second);
  if (value === undefined) return `"${second}" is not a number of 64 bits`;
  const symbol = libseccompNames.get(name) ?? name;
  const comparison = comparisons.get(symbol);
  if (comparison === undefined) return `"${name}" is not an operator`;
  if (symbol === '&=') return masked(Number(index), value, fourth);
  return { index: Number(index), mask: allBits, comparison: comparison[0], value, isTrue: comparison[1] };
}

/** Bits of the value that the mask hides are ignored, as libseccomp does. */
function masked(index: number, value: bigint, field = ''): Condition | string {
  const mask = word64(field);
  return mask === undefined
    ? 'a masked comparison needs a mask as its fourth field'
    : maskedEqual(index, mask, value);
}

function word64(field: string): bigint | undefined {
  const number = wholeNumber(field);
  return number === undefined || number < 0n || number > allBits ? undefined : number;
}

/** The same for conditions that mean the same, in whatever order. */
export function keyOf(conditions: readonly Condition[]): string {
  return conditions
    .map(({ index, mask, comparison, value, isTrue }) => [index, mask, comparison, value, isTrue].join())
    .sort()
    .join(';');
}
