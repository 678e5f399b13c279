/** Which files somebody holds a lock on (fcntl(2)); Node.js cannot ask the kernel. */

import { existsSync } from 'node:fs';
import { errnoNumber } from '../base/errno.ts';
import { explain } from '../plan/index.ts';
import { hostProgram } from './container.ts';
import type { Session } from './session.ts';

/**
 * The caller's process asks. /proc/locks says so too, but who reads that has every lock of the machine wait for an RCU
 * grace period, as he does himself: 15 ms where nothing else happens.
 */
export async function isAnyLocked(session: Session, paths: readonly string[]): Promise<boolean> {
  const there = paths.filter((path) => existsSync(path));
  if (there.length === 0) return false;
  const program = hostProgram(
    'lock',
    there.map((path) => ({
      op: { op: 'testLock', args: { path } },
      act: `look whether ${path} is locked`,
      optional: true,
    })),
  );
  const { kind, ...result } = await session.look(program);
  const failures = kind === 'failed' ? [result] : result.notes;
  const unknown = failures.find(({ errno }) => errno !== errnoNumber('EAGAIN'));
  if (unknown !== undefined) throw explain(program, unknown);
  return failures.length > 0;
}
