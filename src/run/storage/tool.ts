/** Programs that storage belongs to: mkfs, btrfs, LVM, ZFS, Ceph. They run in the caller's process tree. */

import { LxcError } from '../../base/error.ts';
import { findTools } from '../../host/tools.ts';
import { environmentOf } from '../mapped-command.ts';
import type { Session } from '../session.ts';

export interface Tool {
  readonly argv: readonly string[];
  /** The Debian package that has it. */
  readonly pack: string;
  /** What it is run for, for `Failed to ...`. */
  readonly act: string;
}

/** Its output. @throws LxcError with its last words, or with the package that is missing */
export async function runTool(session: Session, { argv, pack, act }: Tool): Promise<string> {
  const { status, output } = await session.spawn({
    argv: located(session, argv),
    cwd: '/',
    stdio: 'capture',
  });
  if (status === 0) return output;
  const last = output.trim().split('\n').at(-1) ?? '';
  if (status === 127)
    throw new LxcError(`Failed to ${act}: there is no program ${argv[0]}`, { hint: `install ${pack}` });
  throw new LxcError(
    `Failed to ${act}: ${argv[0]} ended with status ${status}${last === '' ? '' : ` (${last})`}`,
  );
}

/** Whether it runs and says yes. */
export async function agrees(session: Session, argv: readonly string[]): Promise<boolean> {
  const { status } = await session.spawn({ argv: located(session, argv), cwd: '/', stdio: 'capture' });
  return status === 0;
}

/** Many of them are in /usr/sbin, which is not in everybody's PATH. */
function located(session: Session, [program = '', ...words]: readonly string[]): readonly string[] {
  return [findTools([program], environmentOf(session)).get(program) ?? program, ...words];
}

const usualType = 'ext4';
const packages: Readonly<Record<string, string>> = {
  btrfs: 'btrfs-progs',
  ext2: 'e2fsprogs',
  ext3: 'e2fsprogs',
  ext4: 'e2fsprogs',
  xfs: 'xfsprogs',
};

export const usualSize = 1024 ** 3;

/** An empty file system. Its words are plain names, since they become that of a program. */
export async function makeFileSystem(session: Session, device: string, type = usualType): Promise<void> {
  if (!/^[a-z0-9_.-]+$/i.test(type)) throw new LxcError(`Failed to make a file system of type '${type}'`);
  const act = `make a file system of type ${type} on ${device}`;
  await runTool(session, {
    argv: [`mkfs.${type}`, device],
    pack: packages[type] ?? `the package of mkfs.${type}`,
    act,
  });
}
