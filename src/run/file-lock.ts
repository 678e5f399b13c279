/** Which files somebody holds a lock on (fcntl(2)); Node.js cannot ask the kernel. */

import { existsSync, readFileSync, statSync } from 'node:fs';
import { errnoNumber } from '../base/errno.ts';
import { explain } from '../plan/index.ts';
import type { Program } from '../wire/program.ts';
import { hostProgram } from './container.ts';
import type { RunNote, Session } from './session.ts';

/**
 * The caller's process asks. /proc/locks says so too, but who reads that has every lock of the machine wait for an RCU
 * grace period, as he does himself: 15 ms where nothing else happens.
 */
export async function lockedOf(session: Session, paths: readonly string[]): Promise<readonly string[]> {
  const there = paths.filter((path) => existsSync(path));
  if (there.length === 0) return [];
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
  return failures.flatMap((failure) => {
    const path = there[failure.index];
    if (path === undefined) throw explain(program, failure);
    return isHeld(program, path, failure) ? [path] : [];
  });
}

/** C LXC makes `partial` with a mode of 0, so that only root can open it. */
function isHeld(program: Program, path: string, failure: RunNote): boolean {
  if (failure.errno === errnoNumber('EAGAIN')) return true;
  if (failure.errno === errnoNumber('EACCES')) return isInTable(path);
  throw explain(program, failure);
}

function isInTable(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false, bigint: true });
  return (
    found !== undefined && isListed(readFileSync('/proc/locks', 'latin1'), kernelName(found.dev, found.ino))
  );
}

/** proc_locks(5); a line with an arrow is somebody who waits. */
export function isListed(locks: string, place: string): boolean {
  return locks.split('\n').some((line) => line.includes(` ${place} `) && !line.includes('->'));
}

/** `00:1a:12345`: numbers of the device in hexadecimal digits, then the inode. */
export function kernelName(dev: bigint, inode: bigint): string {
  const major = ((dev >> 8n) & 0xfffn) | ((dev >> 32n) & 0xffff_f000n);
  const minor = (dev & 0xffn) | ((dev >> 12n) & 0xffff_ff00n);
  const hex = (value: bigint) => value.toString(16).padStart(2, '0');
  return `${hex(major)}:${hex(minor)}:${inode}`;
}
