/** Any policy, on any machine: the filter answers what its rules say. */

import fc from 'fast-check';
import { expect, test } from 'vitest';
import { architecturesOf, callsOf } from '../../../src/seccomp/architectures.ts';
import { compilePolicy } from '../../../src/seccomp/index.ts';
import { machine } from './interpreter.ts';

interface Condition {
  readonly index: number;
  readonly value: bigint;
  readonly operator: string;
  readonly mask: bigint;
}

interface Rule {
  readonly name: string;
  readonly errno: number;
  readonly conditions: readonly Condition[];
}

const names = [
  'read',
  'write',
  'mount',
  'umount2',
  'openat',
  'kexec_load',
  'clone3',
  'statx',
  'setns',
  'ptrace',
];
const operators: Readonly<Record<string, (argument: bigint, value: bigint, mask: bigint) => boolean>> = {
  '!=': (argument, value) => argument !== value,
  '<': (argument, value) => argument < value,
  '<=': (argument, value) => argument <= value,
  '==': (argument, value) => argument === value,
  '>=': (argument, value) => argument >= value,
  '>': (argument, value) => argument > value,
  '&=': (argument, value, mask) => (argument & mask) === (value & mask),
};

const word = fc.constantFrom(
  0n,
  1n,
  2n,
  0xffff_ffffn,
  0x1_0000_0000n,
  0x1_0000_0001n,
  0xffff_ffff_0000_0001n,
);
const condition = fc.record({
  index: fc.nat({ max: 2 }),
  value: word,
  operator: fc.constantFrom(...Object.keys(operators)),
  mask: word,
});
/** The number of the error is that of the rule, so that no two rules are in conflict. */
const policy = fc
  .array(fc.record({ name: fc.constantFrom(...names), conditions: fc.array(condition, { maxLength: 3 }) }), {
    maxLength: 40,
  })
  .map((rules) => rules.map((rule, index): Rule => ({ ...rule, errno: index + 1 })))
  .map((rules) =>
    rules.filter((rule, index) => rules.findIndex((one) => keyOf(one) === keyOf(rule)) === index),
  );

/** Conditions are the same in whatever order, and where a mask hides what makes them different. */
function keyOf({ name, conditions }: Rule): string {
  const keys = conditions.map(({ index, value, operator, mask }) => {
    return operator === '&=' ? [index, value & mask, operator, mask].join() : [index, value, operator].join();
  });
  return [name, ...keys.map((key) => key.replace('&=,18446744073709551615', '==')).sort()].join(' ');
}

function write({ name, errno, conditions }: Rule): string {
  const shown = conditions.map(
    ({ index, value, operator, mask }) => `[${index},${value},${operator},${mask}]`,
  );
  return `${name} errno ${errno} ${shown.join(' ')}`;
}

function says(rules: readonly Rule[], name: string, args: readonly bigint[], bits: number): number {
  const about = rules.filter((rule) => rule.name === name);
  const cut = (value: bigint) => BigInt.asUintN(bits, value);
  const holds = ({ index, value, operator, mask }: Condition) =>
    operators[operator]?.(cut(args[index] ?? 0n), cut(value), cut(mask)) ?? false;
  const rule =
    about.find(({ conditions }) => conditions.length === 0) ??
    about.find(({ conditions }) => conditions.every(holds));
  return rule === undefined ? 0x7fff_0000 : 0x5_0000 | rule.errno;
}

test.each(['x64', 'arm64', 'ia32', 'arm'])('on %s', (host) => {
  const architectures = architecturesOf(host) ?? [];
  const property = fc.property(
    policy,
    fc.array(fc.tuple(word, word, word), { minLength: 1 }),
    (rules, calls) => {
      const text = ['2', 'denylist', ...rules.map(write)].join('\n');
      const answer = machine(compilePolicy(text, 'policy', host).filter);
      const wrong: string[] = [];
      for (const one of architectures)
        for (const [name, number] of callsOf(one))
          for (const args of names.includes(name) ? calls : calls.slice(0, 1))
            if (answer({ token: one.token, number, args }) !== says(rules, name, args, one.bits))
              wrong.push(`${one.name} ${name}`);
      expect(wrong).toEqual([]);
    },
  );
  fc.assert(property, { numRuns: 30 });
});

test('A long allowlist of every second call, far jumps and all, allows just these', () => {
  for (const host of ['x64', 'arm64']) {
    const [own] = architecturesOf(host) ?? [];
    if (own === undefined) throw new Error(host);
    const listed = [...callsOf(own).keys()].filter((_, index) => index % 2 === 0);
    const rules = listed.map((name, index) => (index % 3 === 0 ? `${name} errno ${index % 200}` : name));
    const answer = machine(compilePolicy(['2', 'allowlist', ...rules].join('\n'), 'policy', host).filter);
    for (const [name, number] of callsOf(own)) {
      const index = listed.indexOf(name);
      const expected = index < 0 ? 0 : index % 3 === 0 ? 0x5_0000 | (index % 200) : 0x7fff_0000;
      expect(answer({ token: own.token, number, args: [] }), name).toBe(expected);
    }
    expect(answer({ token: 0x1234, number: 0, args: [] })).toBe(0);
  }
});

test('A search takes few steps', () => {
  const [own] = architecturesOf('x64') ?? [];
  const rules = [...callsOf(own ?? { name: 'x86_64', token: 0, bits: 64, base: 0 }).keys()].map(
    (name, index) => `${name} errno ${index % 2}`,
  );
  const { filter } = compilePolicy(['2', 'denylist', ...rules].join('\n'), 'policy', 'x64');
  const steps: number[] = [];
  const answer = machine(filter, (count) => steps.push(count));
  for (let number = 0; number < 460; number++) answer({ token: 0xc000_003e, number, args: [] });
  expect(Math.max(...steps)).toBeLessThan(20);
});
