import { expect, test } from 'vitest';
import { type Architecture, architecturesOf, callsOf } from '../../../src/seccomp/architectures.ts';

function numbersOf(name: string): ReadonlyMap<string, number> {
  const all: readonly Architecture[] = ['x64', 'arm64'].flatMap((host) => architecturesOf(host) ?? []);
  const found = all.find((one) => one.name === name);
  if (found === undefined) throw new Error(name);
  return callsOf(found);
}

test.each([
  ['x86_64', { read: 0, openat: 257, clone3: 435, file_setattr: 469 }],
  ['x32', { read: 0x4000_0000, kexec_load: 0x4000_0210, clone3: 0x4000_01b3 }],
  ['i386', { read: 3, umount: 22, socketcall: 102, clock_settime64: 404 }],
  ['aarch64', { read: 63, openat: 56, newfstatat: 79, mount: 40 }],
  ['arm', { read: 3, umount2: 52, sync_file_range2: 341, set_tls: 983_045 }],
])('%s has the numbers of the kernel', (name, expected) => {
  const numbers = numbersOf(name);
  expect(Object.fromEntries(Object.keys(expected).map((call) => [call, numbers.get(call)]))).toEqual(
    expected,
  );
});

test('Each table has the calls that every machine has had for long', () => {
  for (const name of ['x86_64', 'x32', 'i386', 'aarch64', 'arm']) {
    const numbers = numbersOf(name);
    for (const call of [
      'read',
      'write',
      'execve',
      'mount',
      'umount2',
      'setns',
      'open_by_handle_at',
      'finit_module',
    ])
      expect(numbers.has(call), `${name} ${call}`).toBe(true);
    expect(numbers.size).toBeGreaterThan(310);
  }
});
