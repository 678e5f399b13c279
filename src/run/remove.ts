/** Removing a tree of a container by the helper, which follows no link and leaves no file system. */

import { rmSync } from 'node:fs';
import { explain } from '../plan/index.ts';
import { hostProgram } from './container.ts';
import type { Session } from './session.ts';

export async function removeTree(session: Session, path: string): Promise<void> {
  const program = hostProgram('remove', [
    { op: { op: 'removeTree', args: { path } }, act: `remove ${path}` },
  ]);
  const result = await session.run(program);
  if (result.kind === 'failed') throw explain(program, result);
}

/** Also when the caller has gone, who would have had to do it: then nobody works in the tree any more. */
export async function removeTreeAnyway(session: Session, path: string): Promise<void> {
  if (session.signal.aborted) rmSync(path, { recursive: true, force: true });
  else await removeTree(session, path);
}
