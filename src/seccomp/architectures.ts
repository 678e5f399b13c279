/**
 * The system call interfaces of a machine: which numbers calls have, and how the kernel names the interface to a
 * filter. A 64-bit kernel takes calls of 32-bit programs too, so a filter has to know them all.
 */

import { tables } from './tables.ts';

type TableName = keyof typeof tables;

export interface Architecture {
  readonly name: TableName;
  /** AUDIT_ARCH_* of linux/audit.h. */
  readonly token: number;
  /** Width of the arguments that a filter compares: programs of x32 may leave anything in the upper half. */
  readonly bits: 32 | 64;
  /** Added to the numbers of the table: x32 shares the token of x86-64 and marks its calls by a bit. */
  readonly base: number;
}

const architectures = {
  x86_64: { name: 'x86_64', token: 0xc000_003e, bits: 64, base: 0 },
  x32: { name: 'x32', token: 0xc000_003e, bits: 32, base: 0x4000_0000 },
  i386: { name: 'i386', token: 0x4000_0003, bits: 32, base: 0 },
  aarch64: { name: 'aarch64', token: 0xc000_00b7, bits: 64, base: 0 },
  arm: { name: 'arm', token: 0x4000_0028, bits: 32, base: 0 },
} as const satisfies Record<TableName, Architecture>;

const { x86_64, x32, i386, aarch64, arm } = architectures;

/** By what Node.js calls the machine; the machine's own interface comes first. */
const families: ReadonlyMap<string, readonly Architecture[]> = new Map([
  ['x64', [x86_64, x32, i386]],
  ['ia32', [i386]],
  ['arm64', [aarch64, arm]],
  ['arm', [arm]],
]);

export function architecturesOf(machine: string): readonly Architecture[] | undefined {
  return families.get(machine);
}

/** The sections that a policy may have, and the interface that each is about; none: one that we have no numbers of. */
export const sections: ReadonlyMap<string, TableName | undefined> = new Map([
  ['x86', 'i386'],
  ['x32', 'x32'],
  ['x86_64', 'x86_64'],
  ['arm', 'arm'],
  ['arm64', 'aarch64'],
  ...`ppc ppc64 ppc64le mips mips64 mips64n32 mipsel mipsel64 mipsel64n32 s390 s390x loongarch64`
    .split(' ')
    .map((name): [string, undefined] => [name, undefined]),
]);

const unpacked = new Map<TableName, ReadonlyMap<string, number>>();

/** Numbers by name, unpacked when they are first asked for. */
export function callsOf({ name, base }: Architecture): ReadonlyMap<string, number> {
  const known = unpacked.get(name);
  if (known !== undefined) return known;
  const calls = new Map<string, number>();
  let next = 0;
  for (const word of tables[name].trim().split(/\s+/)) {
    const number = Number(word);
    if (Number.isNaN(number)) calls.set(word, base + next++);
    else next = number;
  }
  unpacked.set(name, calls);
  return calls;
}
