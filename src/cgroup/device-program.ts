/**
 * Device rules as a BPF program for cgroup v2 (BPF_PROG_TYPE_CGROUP_DEVICE). The kernel runs it at every open
 * and mknod of a device with the type, the numbers and the wanted access; it answers 1 to let it happen.
 *
 * The newest rule wins, and it wins per kind of access: a rule that allows reading settles reading, and
 * whether writing is allowed is asked of the older rules.
 */

import type { ResolvedRule } from './devices.ts';

const size = 8;
const kinds = { b: 1, c: 2 } as const;
const accessBits: Readonly<Record<string, number>> = { m: 1, r: 2, w: 4 };

/** Registers: the answer, the context, what is asked. */
const reg = { answer: 0, context: 1, type: 2, access: 3, major: 4, minor: 5, scratch: 6 } as const;

function instruction(code: number, to: number, from: number, offset: number, value: number): Buffer {
  const bytes = Buffer.alloc(size);
  bytes.writeUInt8(code, 0);
  bytes.writeUInt8((from << 4) | to, 1);
  bytes.writeInt16LE(offset, 2);
  bytes.writeInt32LE(value | 0, 4);
  return bytes;
}

const load = (to: number, offset: number): Buffer => instruction(0x61, to, reg.context, offset, 0);
const setTo = (to: number, value: number): Buffer => instruction(0xb7, to, 0, 0, value);
const copy = (to: number, from: number): Buffer => instruction(0xbf, to, from, 0, 0);
const and = (to: number, value: number): Buffer => instruction(0x54, to, 0, 0, value);
const shiftRight = (to: number, value: number): Buffer => instruction(0x74, to, 0, 0, value);
const exit = (): Buffer => instruction(0x95, 0, 0, 0, 0);

/** Compares 32 bits, so that large device numbers are not taken for negative ones. */
const unlessEqual = (register: number, value: number, skip: number): Buffer =>
  instruction(0x56, register, 0, skip, value);
const ifEqual = (register: number, value: number, skip: number): Buffer =>
  instruction(0x16, register, 0, skip, value);

export interface DeviceList {
  /** The answer where no rule applies. */
  readonly allowOthers: boolean;
  /** In the order of the lines. */
  readonly rules: readonly ResolvedRule[];
}

/** A rule for all devices forgets those before it and turns the list into its opposite. */
export function deviceList(rules: readonly ResolvedRule[], initially: boolean): DeviceList {
  const last = rules.findLastIndex(({ type }) => type === 'a');
  const allowOthers = rules[last]?.allow ?? initially;
  return { allowOthers, rules: rules.slice(last + 1) };
}

export function deviceProgram({ allowOthers, rules }: DeviceList): Buffer {
  return Buffer.concat([
    load(reg.type, 0),
    copy(reg.access, reg.type),
    and(reg.type, 0xffff),
    shiftRight(reg.access, 16),
    load(reg.major, 4),
    load(reg.minor, 8),
    ...rules.toReversed().map(ruleCode),
    setTo(reg.answer, allowOthers ? 1 : 0),
    exit(),
  ]);
}

function ruleCode(rule: ResolvedRule): Buffer {
  const verdict = rule.allow ? allowCode(bitsOf(rule.access)) : denyCode(bitsOf(rule.access));
  const tests: readonly (readonly [register: number, value: number])[] = [
    ...(rule.type === 'a' ? [] : [[reg.type, kinds[rule.type]] as const]),
    ...(rule.major === '*' ? [] : [[reg.major, rule.major] as const]),
    ...(rule.minor === '*' ? [] : [[reg.minor, rule.minor] as const]),
  ];
  const length = verdict.length / size;
  const skips = tests.map(([register, value], index) =>
    unlessEqual(register, value, length + tests.length - index - 1),
  );
  return Buffer.concat([...skips, verdict]);
}

/** What is left to be allowed is asked of the rules that follow. */
function allowCode(bits: number): Buffer {
  return Buffer.concat([
    and(reg.access, ~bits & 7),
    unlessEqual(reg.access, 0, 2),
    setTo(reg.answer, 1),
    exit(),
  ]);
}

function denyCode(bits: number): Buffer {
  return Buffer.concat([
    copy(reg.scratch, reg.access),
    and(reg.scratch, bits),
    ifEqual(reg.scratch, 0, 2),
    setTo(reg.answer, 0),
    exit(),
  ]);
}

function bitsOf(access: string): number {
  return [...access].reduce((bits, letter) => bits | (accessBits[letter] ?? 0), 0);
}
