import { describe, expect, test } from 'vitest';
import { LxcError } from '../../../src/base/error.ts';
import { compilePolicy } from '../../../src/seccomp/index.ts';
import { machine } from './interpreter.ts';

function lines(...text: readonly string[]): string {
  return `${text.join('\n')}\n`;
}

function refused(text: string): string {
  try {
    compilePolicy(text, 'policy', 'x64');
  } catch (error) {
    if (error instanceof LxcError) return error.toString();
    throw error;
  }
  throw new Error('it was accepted');
}

function notesOf(text: string, machine = 'x64'): readonly string[] {
  return compilePolicy(text, 'policy', machine).notes.map(
    ({ origin, message }) => `${origin.line}: ${message}`,
  );
}

describe('a policy that cannot be read', () => {
  test.each([
    [lines(), 'policy:1: ', 'it is empty'],
    [lines('3', 'denylist'), 'policy:1: ', '"3" is not a version'],
    [lines('2'), 'policy:2: ', 'it ends before its second line'],
    [lines('2', 'list'), 'policy:2: ', '"list" is neither allowlist nor denylist'],
    [lines('1', 'denylist', '1'), 'policy:2: ', 'version 1 has no denylist'],
    [lines('1', 'allowlist', '0', 'read'), 'policy:4: ', '"read" is not the number of a call'],
    [lines('2', 'denylist errnr 1', 'acct'), 'policy:2: ', '"errnr" is not an action; did you mean "errno"?'],
    [lines('2', 'denylist', '', 'acct errno'), 'policy:4: ', '"errno" needs a number from 0 to 4095'],
    [lines('2', 'denylist', 'acct errno 4096'), 'policy:3: ', '"errno" needs a number from 0 to 4095'],
    [
      lines('2', 'denylist', '# rules', '[x68]'),
      'policy:4: ',
      '[x68] is not an architecture; did you mean "x86"?',
    ],
    [lines('2', 'denylist', '[All]'), 'policy:3: ', '[All] is not an architecture'],
    [lines('2', 'denylist', 'acct kill [6,1,==]'), 'policy:3: ', '"6" is no argument, they go from 0 to 5'],
    [lines('2', 'denylist', 'acct kill [0,-1,==]'), 'policy:3: ', '"-1" is not a number of 64 bits'],
    [lines('2', 'denylist', 'acct kill [0,1,=]'), 'policy:3: ', '"=" is not an operator'],
    [lines('2', 'denylist', 'acct kill [0,1,&=]'), 'policy:3: ', 'a masked comparison needs a mask'],
    [lines('2', 'denylist', 'acct kill [0,1,==,1,1]'), 'policy:3: ', 'it has more than four fields'],
    [lines('2', 'denylist', 'acct kill [0,1,=='), 'policy:3: ', '"[0,1,==" is not a condition'],
    [
      lines('2', 'denylist', 'acct allow'),
      'policy:3: ',
      'allow for acct is what happens to calls that are not listed',
    ],
    [
      lines('2', 'denylist', 'acct errno 1 [0,1,==]', 'acct errno 2 [0,1,==]'),
      'policy:4: ',
      'line 3 has another action for the same calls of acct',
    ],
  ])('%j is refused with the line and the reason', (text, place, reason) => {
    const message = refused(text);
    expect(message.startsWith(place)).toBe(true);
    expect(message).toContain(reason);
  });

  test('A machine whose calls have no table here is named', () => {
    expect(() => compilePolicy(lines('2', 'denylist'), 'policy', 'riscv64')).toThrow(
      /calls on riscv64 are not known/,
    );
  });
});

describe('what is skipped is told', () => {
  test('a call that no interface of the machine has', () => {
    const text = lines('2', 'denylist', 'kexec_laod errno 1', 'umount errno 1', 'set_tls errno 1');
    expect(notesOf(text)).toEqual([
      '3: there is no system call kexec_laod here, the rule is skipped',
      '5: there is no system call set_tls here, the rule is skipped',
    ]);
    expect(notesOf(text, 'arm64')).toEqual([
      '3: there is no system call kexec_laod here, the rule is skipped',
      '4: there is no system call umount here, the rule is skipped',
    ]);
  });

  test('a rule that another one decides before', () => {
    const text = lines('2', 'denylist', 'acct errno 1 [0,0,==]', 'acct errno 2', 'acct errno 3');
    expect(notesOf(text)).toEqual(['3: line 4 decides about acct', '5: line 4 decides about acct']);
  });

  test('words behind an action, but no comment', () => {
    const text = lines(
      '2',
      'denylist',
      'acct errno 1 please',
      'swapon kill # a comment',
      '# another',
      '  ',
      'swapoff',
    );
    expect(notesOf(text)).toEqual(['3: "please" is ignored']);
  });

  test('nothing of a section for another machine, whatever it says', () => {
    expect(
      notesOf(lines('2', 'denylist', '[arm]', 'nonsense with [any, thing]', '[PPC64LE]', 'more')),
    ).toEqual([]);
  });
});

const x86_64 = 0xc000_003e;
const i386 = 0x4000_0003;

function answer(text: string, token: number, number: number, ...args: readonly bigint[]): number {
  return machine(compilePolicy(text, 'policy', 'x64').filter)({ token, number, args });
}

test('A policy with Windows line ends, blanks before rules and uppercase sections is read', () => {
  const text = '2\r\nblacklist\r\n\r\n[ALL]\r\n\tacct errno 5\r\n';
  expect(answer(text, x86_64, 163)).toBe(0x5_0005);
});

test('A force unmount is refused with EACCES, any other unmount goes on', () => {
  const text = lines('2', 'denylist', 'reject_force_umount');
  expect(answer(text, x86_64, 166, 0n, 3n)).toBe(0x5_000d);
  expect(answer(text, x86_64, 166, 0n, 2n)).toBe(0x7fff_0000);
  expect(answer(text, i386, 52, 0n, 1n)).toBe(0x5_000d);
});

test('What a 32-bit program asks of socketcall and ipc is what the rules for the calls behind them say', () => {
  const text = lines('2', 'denylist', 'socket errno 1', 'shmat errno 2', 'bind errno 3 [1,0,!=]');
  expect(answer(text, i386, 102, 1n)).toBe(0x5_0001);
  expect(answer(text, i386, 102, 2n)).toBe(0x7fff_0000);
  expect(answer(text, i386, 117, 0x1_0015n)).toBe(0x5_0002);
  expect(answer(text, i386, 361, 0n, 1n)).toBe(0x5_0003);
  expect(answer(lines('2', 'denylist', 'socketcall errno 7', 'socket errno 1'), i386, 102, 1n)).toBe(
    0x5_0007,
  );
});

test('A tracer is told the number of a rule', () => {
  expect(answer(lines('2', 'denylist', 'acct trace 7'), x86_64, 163)).toBe(0x7ff0_0007);
});

test('Whether a rule notifies is known', () => {
  expect(compilePolicy(lines('2', 'denylist', 'acct notify'), 'policy', 'x64').notifies).toBe(true);
  expect(compilePolicy(lines('2', 'denylist', 'acct errno 1'), 'policy', 'x64').notifies).toBe(false);
});

test('Version 1 knows the calls of the machine itself only', () => {
  const text = lines('1', 'whitelist', '0', '1');
  expect(answer(text, x86_64, 1)).toBe(0x7fff_0000);
  expect(answer(text, x86_64, 2)).toBe(0);
  expect(answer(text, i386, 1)).toBe(0);
});

test('More rules than the kernel takes are refused', () => {
  const rules = Array.from(
    { length: 1500 },
    (_, number) => `ptrace errno 1 [0,${number},==][1,${number},==]`,
  );
  expect(refused(lines('2', 'denylist', ...rules))).toContain('and the limit is 4096');
});
