/** Removing a tree of a container by the helper, which follows no link and leaves no file system. */

import { rmSync } from 'node:fs';
import { errnoNumber } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import { explain } from '../plan/index.ts';
import { hostProgram } from './container.ts';
import { givenIds, runMapped } from './mapped-command.ts';
import type { Session } from './session.ts';

export async function removeTree(session: Session, path: string): Promise<void> {
  const program = hostProgram('remove', [
    { op: { op: 'removeTree', args: { path } }, act: `remove ${path}` },
  ]);
  const result = await session.run(program);
  if (result.kind !== 'failed') return;
  const isDenied = result.errno === errnoNumber('EACCES') || result.errno === errnoNumber('EPERM');
  if (session.uid !== 0 && isDenied) return removeAsGiven(session, path);
  throw explain(program, result);
}

/** What belongs to the ids that a user was given he removes with them. */
async function removeAsGiven(session: Session, path: string): Promise<void> {
  const status = await runMapped(session, givenIds(session), ['rm', '-rf', '--one-file-system', '--', path]);
  if (status === 0) return;
  throw new LxcError(`Failed to remove ${path}: rm ended with status ${status}`, {
    hint: 'files of ids that are not yours any more are for root to remove',
  });
}

/** Also when the caller has gone, who would have had to do it: then nobody works in the tree any more. */
export async function removeTreeAnyway(session: Session, path: string): Promise<void> {
  if (session.signal.aborted) rmSync(path, { recursive: true, force: true, maxRetries: 5 });
  else await removeTree(session, path);
}
