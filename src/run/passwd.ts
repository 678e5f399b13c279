/**
 * The login shell of a user of a container, from its own passwd file. The file is the container's to write: it is
 * reached without following any link, must be plain, and only so much of it is read.
 */

import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';

const mostBytes = 1024 * 1024;
export const defaultShell = '/bin/sh';

export function loginShell(initPid: number, uid: number): string {
  return shellOf(readInside(initPid, ['etc', 'passwd']) ?? '', uid);
}

/** The seventh field of the user's line. */
export function shellOf(passwd: string, uid: number): string {
  const fields = passwd.split('\n').map((line) => line.split(':'));
  const shell = fields.find(([name = '', , id]) => name !== '' && id === String(uid))?.[6];
  return shell === undefined || !shell.startsWith('/') ? defaultShell : shell;
}

function readInside(pid: number, path: readonly string[]): string | undefined {
  const open: number[] = [];
  try {
    open.push(openSync(`/proc/${pid}/root`, constants.O_RDONLY | constants.O_DIRECTORY));
    for (const part of path)
      open.push(
        openSync(`/proc/self/fd/${open.at(-1)}/${part}`, constants.O_NOFOLLOW | constants.O_NONBLOCK),
      );
    return readPlain(open.at(-1) ?? -1);
  } catch {
    return undefined;
  } finally {
    for (const descriptor of open) closeSync(descriptor);
  }
}

function readPlain(descriptor: number): string | undefined {
  const { size } = fstatSync(descriptor);
  if (!fstatSync(descriptor).isFile()) return undefined;
  const bytes = Buffer.alloc(Math.min(size, mostBytes));
  return bytes.toString('utf8', 0, readSync(descriptor, bytes));
}
