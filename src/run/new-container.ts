/**
 * A container while it is made: its directory, in which a locked file `partial` tells LXC's tools and ours to keep off.
 * Whoever dies leaves the file without its lock, and the next command on the name removes what is there.
 */

import { chmodSync, mkdirSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoCode, reason } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import { makeDirectories } from '../base/make-directories.ts';
import { explain } from '../plan/index.ts';
import type { ContainerId } from './command-socket.ts';
import { hostProgram } from './container.ts';
import { configPath } from './directory.ts';
import { removeTreeAnyway } from './remove.ts';
import type { Session } from './session.ts';
import type { Undo } from './undo.ts';

/** @throws LxcError where something of that name is there already */
export async function beginContainer(session: Session, id: ContainerId, undo: Undo): Promise<void> {
  const path = `${id.lxcpath}/${id.name}`;
  makeDirectories(dirname(path));
  makeOwn(path);
  undo.push(() => removeTreeAnyway(session, path));
  chmodSync(path, 0o770);
  const file = `${path}/partial`;
  const program = hostProgram('create', [
    { op: { op: 'lockFile', args: { path: file } }, act: `lock ${file}` },
  ]);
  const result = await session.run(program);
  if (result.kind === 'failed') throw explain(program, result);
}

export function endContainer({ lxcpath, name }: ContainerId): void {
  unlinkSync(`${lxcpath}/${name}/partial`);
}

export function writeConfig(id: ContainerId, text: string): void {
  writeFileSync(configPath(id), text, { mode: 0o640 });
  chmodSync(configPath(id), 0o640);
}

function makeOwn(path: string): void {
  try {
    mkdirSync(path);
  } catch (error) {
    if (errnoCode(error) === 'EEXIST')
      throw new LxcError(`Failed to create ${path}: it is there already, though not as a container`, {
        code: 'ALREADY_DEFINED',
        hint: 'remove it, or take another name',
      });
    throw new LxcError(`Failed to create ${path}: ${reason(error)}`, { cause: error });
  }
}
