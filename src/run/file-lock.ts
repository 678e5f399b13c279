/** Whether anybody holds a lock on a file (fcntl(2)), which Node.js cannot ask the kernel. */

import { existsSync } from 'node:fs';
import { errnoNumber } from '../base/errno.ts';
import { explain } from '../plan/index.ts';
import { hostProgram } from './container.ts';
import type { Session } from './session.ts';

/**
 * The caller's process asks. /proc/locks says so too, but who reads that has every lock of the machine wait for an RCU
 * grace period, as he does himself: 15 ms where nothing else happens.
 */
export async function isLocked(session: Session, path: string): Promise<boolean> {
  if (!existsSync(path)) return false;
  const act = `look whether ${path} is locked`;
  const program = hostProgram('lock', [{ op: { op: 'testLock', args: { path } }, act }]);
  const result = await session.look(program);
  if (result.kind !== 'failed') return false;
  if (result.errno === errnoNumber('EAGAIN')) return true;
  throw explain(program, result);
}
