/** Another name for a container: its directory is renamed, and everything that mentions it is written anew. */

import { existsSync, renameSync, writeFileSync } from 'node:fs';
import { errnoCode, reason } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import { textIfReadable } from '../base/text-file.ts';
import {
  loadConfig,
  moved,
  nodeConfigIo,
  parseConfig,
  parseDocument,
  printDocument,
  relocate,
} from '../config/index.ts';
import { finishRoot } from './clone.ts';
import type { ContainerId } from './command-socket.ts';
import { configPath, isDefined } from './directory.ts';
import type { Log } from './log.ts';
import { writeConfig } from './new-container.ts';
import { clonesOf, parentsOf, replaceInParents, snapshotsOf } from './relatives.ts';
import type { Session } from './session.ts';
import { tendedState } from './tend.ts';
import { type Undo, undoing } from './undo.ts';

export interface RenameWish {
  /** What clone hooks, which run as for a clone, get besides what they always get. */
  readonly hookArguments: readonly string[];
}

/** The container must be stopped, and nothing may stand on it. */
export async function renameContainer(
  session: Session,
  from: ContainerId,
  to: ContainerId,
  { hookArguments }: RenameWish,
  log: Log,
): Promise<void> {
  await mustBeRenamable(session, from, to);
  const io = nodeConfigIo(session);
  const [old, home] = [from, to].map(({ lxcpath, name }) => `${lxcpath}/${name}`);
  if (old === undefined || home === undefined) return;
  const text = io.readFile(configPath(from)) ?? '';
  const rootfs = parseConfig(text, { file: configPath(from), io }).one('lxc.rootfs.path')?.text;
  const document = relocate(
    parseDocument(text, io),
    {
      from: old,
      to: home,
      isWhole: true,
      rootfs: rootfs === undefined ? undefined : moved(rootfs, old, home),
      hostname: to.name,
      newAddresses: false,
    },
    io,
  );
  const parents = parentsOf(from);
  await undoing(async (undo) => {
    move(old, home, undo);
    undo.push(() => writeConfig(to, text));
    writeConfig(to, printDocument(document));
    const config = loadConfig(configPath(to), io);
    moveFstab(config.value('lxc.mount.fstab'), old, home, undo);
    undo.push(() => replaceInParents(session, parents, to, from));
    await replaceInParents(session, parents, from, to);
    await finishRoot(session, { from, to, config, hostname: to.name, hookArguments, log });
  });
}

async function mustBeRenamable(session: Session, from: ContainerId, to: ContainerId): Promise<void> {
  if (!isDefined(from))
    throw new LxcError(`There is no container ${from.name} in ${from.lxcpath}`, {
      code: 'NOT_DEFINED',
      hint: 'lxc-ls lists those there are',
    });
  if (existsSync(`${to.lxcpath}/${to.name}`))
    throw new LxcError(`Container ${to.name} already exists`, {
      code: 'ALREADY_DEFINED',
      hint: 'take another name',
    });
  if ((await tendedState(session, from)) !== 'STOPPED')
    throw new LxcError(`${from.name} is running`, { code: 'ALREADY_RUNNING', hint: 'stop it first' });
  const others = [...clonesOf(from), ...snapshotsOf(from)];
  if (others.length > 0)
    throw new LxcError(`Failed to rename ${from.name}: it has snapshots, which stand on its name`, {
      hint: `destroy ${others.map(({ name }) => name).join(' ')} first`,
    });
}

function move(old: string, home: string, undo: Undo): void {
  try {
    renameSync(old, home);
  } catch (error) {
    const hint = errnoCode(error) === 'EBUSY' ? 'something is mounted there' : undefined;
    throw new LxcError(`Failed to rename ${old} to ${home}: ${reason(error)}`, { hint, cause: error });
  }
  undo.push(() => renameSync(home, old));
}

/** Its lines may name directories that have moved. */
function moveFstab(path: string | undefined, old: string, home: string, undo: Undo): void {
  if (path?.startsWith(`${home}/`) !== true) return;
  const text = textIfReadable(path);
  if (text === undefined) return;
  undo.push(() => writeFileSync(path, text));
  writeFileSync(path, moved(text, old, home));
}
