/** The login shell of a user of a container, from its own passwd file, which is the container's to write. */

import { readInside } from '../base/inside.ts';

export const defaultShell = '/bin/sh';

export function loginShell(initPid: number, uid: number): string {
  return shellOf(readInside(`/proc/${initPid}/root`, ['etc', 'passwd']) ?? '', uid);
}

/** The seventh field of the user's line. */
export function shellOf(passwd: string, uid: number): string {
  const fields = passwd.split('\n').map((line) => line.split(':'));
  const shell = fields.find(([name = '', , id]) => name !== '' && id === String(uid))?.[6];
  return shell === undefined || !shell.startsWith('/') ? defaultShell : shell;
}
