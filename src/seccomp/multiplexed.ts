/**
 * Calls that 32-bit x86 programs make through another one, whose first argument says which is meant. A rule for such a
 * call without conditions is about that way too; what the arguments are stands in memory, where no filter looks.
 */

import { type Condition, maskedEqual } from './condition.ts';

interface Multiplexer {
  readonly call: 'socketcall' | 'ipc';
  /** The kernel takes the version of an ipc call from the upper half. */
  readonly mask: bigint;
  readonly names: string;
}

/** The names in the order of their numbers, which begin with 1; a dash for one that is none. */
const multiplexers: readonly Multiplexer[] = [
  {
    call: 'socketcall',
    mask: 0xffff_ffffn,
    names: `socket bind connect listen accept getsockname getpeername socketpair send recv sendto recvfrom shutdown
      setsockopt getsockopt sendmsg recvmsg accept4 recvmmsg sendmmsg`,
  },
  {
    call: 'ipc',
    mask: 0xffffn,
    names:
      'semop semget semctl semtimedop - - - - - - msgsnd msgrcv msgget msgctl - - - - - - shmat shmdt shmget shmctl',
  },
];

interface Way {
  readonly call: string;
  readonly condition: Condition;
}

const ways: ReadonlyMap<string, Way> = new Map(
  multiplexers.flatMap(({ call, mask, names }) =>
    names.split(/\s+/).map((name, index): [string, Way] => {
      return [name, { call, condition: maskedEqual(0, mask, BigInt(index + 1)) }];
    }),
  ),
);

/** The way around a call by name, for 32-bit x86. */
export function wayOf(name: string): Way | undefined {
  return name === '-' ? undefined : ways.get(name);
}
