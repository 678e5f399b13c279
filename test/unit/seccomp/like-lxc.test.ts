/**
 * Filters that C LXC 5.0.2 with libseccomp 2.5.4 loads for the same policies, read back from its containers with
 * PTRACE_SECCOMP_GET_FILTER: ours answer alike for every call of every interface, but for those that 32-bit programs
 * make by two ways, which LXC leaves as if no rule were about them.
 */

import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { compilePolicy } from '../../../src/seccomp/index.ts';
import { type Call, machine } from './interpreter.ts';

interface Recorded {
  readonly title: string;
  readonly policy: string;
  readonly filter: string;
}

const file = new URL('../../fixtures/seccomp/lxc-5.0.2.json', import.meta.url);
const recorded: readonly Recorded[] = JSON.parse(readFileSync(file, 'utf8'));

const tokens = { x86_64: 0xc000_003e, i386: 0x4000_0003, aarch64: 0xc000_00b7 };
const words = [0n, 1n, 5n, 16n, 24n, 0x1_0000_0010n, 0x1_ffff_ffffn, 0xffff_ffff_ffff_ffffn];

/** socketcall, ipc, and the calls that these stand for. */
function hasTwoWays({ token, number }: Call): boolean {
  if (token !== tokens.i386) return false;
  const between = (first: number, last: number) => number >= first && number <= last;
  return [102, 117, 337, 345].includes(number) || between(359, 373) || between(393, 402);
}

function* calls() {
  const numbers = Array.from({ length: 560 }, (_, number) => number);
  const args = words.map((word, turn) => {
    const other = words[(turn * 3) % words.length] ?? 0n;
    return [word, other, turn % 2 === 0 ? word : 0xffn, other, word, word];
  });
  for (const number of [...numbers, ...numbers.map((one) => one + 0x4000_0000), 0x3fff_ffff, 0xffff_ffff])
    for (const token of Object.values(tokens)) for (const each of args) yield { token, number, args: each };
}

test.each(recorded)('$title', ({ policy, filter }) => {
  const theirs = machine(Buffer.from(filter, 'base64'));
  const ours = machine(compilePolicy(policy, 'policy', 'x64').filter);
  const different = new Set<string>();
  for (const { token, number, args } of calls()) {
    // 32-bit programs have arguments of 32 bits.
    const call = {
      token,
      number,
      args: token === tokens.i386 ? args.map((one) => one & 0xffff_ffffn) : args,
    };
    const [our, their] = [ours(call), theirs(call)];
    if (our !== their && !hasTwoWays(call))
      different.add(`${token.toString(16)}:${number} ours ${our.toString(16)} theirs ${their.toString(16)}`);
  }
  expect([...different]).toEqual([]);
});
