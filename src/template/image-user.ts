/** Who runs an image's command: `USER[:GROUP]`, names or numbers, by the image's own passwd and group files. */

import { LxcError } from '../base/error.ts';

export interface ImageUser {
  readonly uid: number;
  readonly gid: number;
  /** Groups that have the user as a member, where no group was named. */
  readonly groups: readonly number[];
  readonly home: string | undefined;
}

/** The texts of the files; `undefined` where the image has none. */
export interface UserFiles {
  readonly passwd: string | undefined;
  readonly group: string | undefined;
}

export function imageUser(wanted: string, files: UserFiles): ImageUser {
  const [user = '', group] = wanted.split(':');
  const name = user === '' ? '0' : user;
  const known = rows(files.passwd).find((row) => row[0] === name) ?? byNumber(files.passwd, 2, name);
  const uid = number(known?.[2]) ?? number(name);
  if (uid === undefined) throw unknown('user', name, 'etc/passwd');
  if (group !== undefined && group !== '')
    return { uid, gid: groupId(group, files), groups: [], home: home(known) };
  const gid = number(known?.[3]) ?? 0;
  const member = known?.[0] ?? '';
  return { uid, gid, groups: groupsOf(member, files).filter((id) => id !== gid), home: home(known) };
}

function groupId(name: string, { group }: UserFiles): number {
  const id = number(rows(group).find((row) => row[0] === name)?.[2]) ?? number(name);
  if (id === undefined) throw unknown('group', name, 'etc/group');
  return id;
}

function groupsOf(member: string, { group }: UserFiles): readonly number[] {
  if (member === '') return [];
  const lines = rows(group).filter((row) => (row[3] ?? '').split(',').includes(member));
  return lines.flatMap((row) => number(row[2]) ?? []);
}

function home(row: readonly string[] | undefined): string | undefined {
  const directory = row?.[5];
  return directory?.startsWith('/') ? directory : undefined;
}

function byNumber(text: string | undefined, field: number, id: string): readonly string[] | undefined {
  return number(id) === undefined ? undefined : rows(text).find((row) => row[field] === String(Number(id)));
}

function rows(text: string | undefined): readonly (readonly string[])[] {
  return (text ?? '').split('\n').map((line) => line.split(':'));
}

/** The last number is no id. */
function number(text: string | undefined): number | undefined {
  return text !== undefined && /^\d{1,10}$/.test(text) && Number(text) < 0xff_ff_ff_ff
    ? Number(text)
    : undefined;
}

function unknown(kind: string, name: string, file: string): LxcError {
  return new LxcError(`The image is to run as ${kind} "${name}", whom its /${file} does not know`, {
    hint: 'give lxc.init.uid and lxc.init.gid numbers in a configuration, and the template --no-user',
  });
}
