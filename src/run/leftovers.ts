/**
 * What a container leaves when its monitor is killed. A record without a monitor is somebody's to clean: the next
 * command on the name runs the recorded inverses backwards, as the monitor would have done.
 */

import { rmSync } from 'node:fs';
import { errnoNumber } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import { explain } from '../plan/index.ts';
import { revive } from '../wire/encode.ts';
import { lists } from '../wire/frames.ts';
import type { Op } from '../wire/ops.ts';
import type { PlannedOp, Program } from '../wire/program.ts';
import { type ContainerRecord, isAlive } from './record.ts';
import type { RunResult, Session } from './session.ts';

/** Init lives although nobody watches it: `lxc.monitor.signal.pdeath = 0`. */
export function isOrphan(record: ContainerRecord): boolean {
  return record.running && record.init !== undefined && isAlive(record.init);
}

/** The monitor lives, though it may not answer any more. */
export function isWatched(record: ContainerRecord): boolean {
  return record.monitor !== undefined && isAlive(record.monitor);
}

/**
 * Nobody else may clean, take over or start the container meanwhile: whoever does holds its command socket. And the
 * record must still be the one that was read.
 */
export function takeOver(record: ContainerRecord, socket: string): readonly PlannedOp[] {
  const { path, inode, size } = record;
  const step = (op: Op, act: string): PlannedOp => ({ ...op, why: { key: 'leftovers', act } });
  return [
    step({ op: 'bindCommand', args: { name: socket } }, `bind the command socket @${socket}`),
    step({ op: 'takeRecord', args: { path, inode, size } }, `take over the record ${path}`),
  ];
}

/** Another command has the container, or has done with it. */
export function isTaken({ parent }: Program, { kind, list, index, errno }: RunResult): boolean {
  if (kind !== 'failed' || list !== lists.parent) return false;
  const { op } = parent[index] ?? {};
  if (op === 'bindCommand') return errno === errnoNumber('EADDRINUSE');
  return op === 'takeRecord' && (errno === errnoNumber('ENOENT') || errno === errnoNumber('ESTALE'));
}

/** Every inverse is tried; what fails is told by the result's notes, and stays in the record. */
export function cleanProgram(record: ContainerRecord, socket: string): Program {
  const undo = record.undo().map(revive);
  const parent = takeOver(record, socket).map((one) => (one.op === 'takeRecord' ? { ...one, undo } : one));
  return { parent, child: [], settings: [], after: 'undo', exit: 'zero' };
}

/**
 * False where another command was faster. An interface that could not be brought home is tried again by the next
 * command; other inverses that fail twice are given up, as the next start goes round what they leave.
 */
export async function cleanLeftovers(
  session: Session,
  socket: string,
  record: ContainerRecord,
): Promise<boolean> {
  const program = cleanProgram(record, socket);
  const result = await session.run(program);
  if (isTaken(program, result)) return false;
  if (result.kind === 'failed')
    throw new LxcError(
      `Failed to clean up what ${record.path} says is left: ${explain(program, result).message}`,
    );
  const undo = record.undo();
  if (result.notes.length > 0 && !result.notes.some(({ index }) => undo[index]?.op === 'bringHome'))
    rmSync(record.path, { force: true });
  return true;
}
