/**
 * What a container leaves when its monitor is killed. A record without a monitor is somebody's to clean: the next
 * command on the name runs the recorded inverses backwards, as the monitor would have done.
 */

import { rmdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoCode } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import { revive } from '../wire/encode.ts';
import type { Program } from '../wire/program.ts';
import { hostProgram } from './container.ts';
import { type ContainerRecord, isAlive } from './record.ts';
import type { Session } from './session.ts';

/** Init lives although nobody watches it: `lxc.monitor.signal.pdeath = 0`. */
export function isOrphan(record: ContainerRecord): boolean {
  return record.running && record.init !== undefined && isAlive(record.init);
}

/** The monitor lives, though it may not answer any more. */
export function isWatched(record: ContainerRecord): boolean {
  return record.monitor !== undefined && isAlive(record.monitor);
}

/** Every inverse is tried; what fails is told by the result's notes. */
export function cleanProgram(record: ContainerRecord): Program {
  const undo = record.undo().map(revive).toReversed();
  const optional = true;
  return hostProgram('leftovers', [
    ...undo.map((op) => ({ op, act: `undo what is left in ${record.dir}`, optional })),
    { op: { op: 'removeTree', args: { path: record.dir } }, act: `remove ${record.dir}` },
  ]);
}

export async function cleanLeftovers(session: Session, record: ContainerRecord): Promise<void> {
  const result = await session.run(cleanProgram(record));
  if (result.kind === 'failed')
    throw new LxcError(`Failed to clean up what is left in ${record.dir}: ${result.detail}`);
  removeIfEmpty(dirname(record.dir));
}

/** The directory of the container path, shared with the records of its other containers. */
function removeIfEmpty(directory: string): void {
  try {
    rmdirSync(directory);
  } catch (error) {
    if (errnoCode(error) !== 'ENOTEMPTY' && errnoCode(error) !== 'ENOENT') throw error;
  }
}
