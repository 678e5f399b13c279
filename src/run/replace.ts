/**
 * A container that takes the place of another: its directory gets the name, and what belongs to neither of the two as
 * such (snapshots, files of the user) stays where it is found. Up to the exchange of the names nothing of the old one
 * is touched.
 */

import { existsSync, readdirSync, renameSync } from 'node:fs';
import { loadConfig, moved, nodeConfigIo, parseDocument, printDocument, relocate } from '../config/index.ts';
import type { ContainerId } from './command-socket.ts';
import { locked } from './dir-lock.ts';
import { configPath } from './directory.ts';
import { type Doomed, doomedStorage, removeStorage } from './doomed-storage.ts';
import { writeConfig } from './new-container.ts';
import { forget, leaveParents, parentsOf, replaceInParents } from './relatives.ts';
import { removeTreeAnyway } from './remove.ts';
import type { Session } from './session.ts';
import { undoing } from './undo.ts';

export async function replaceContainer(
  session: Session,
  id: ContainerId,
  beside: ContainerId,
): Promise<void> {
  const io = nodeConfigIo(session);
  const doomed = doomedStorage(id, loadConfig(configPath(id), io));
  const parents = { old: parentsOf(id), new: parentsOf(beside) };
  const [home, next] = [homeOf(id), homeOf(beside)];
  const old = `${next}.old`;
  await undoing(async (undo) => {
    undo.push(() => removeTreeAnyway(session, next));
    undo.push(() => leaveParents(session, beside));
    const rename = (from: string, to: string): void => {
      renameSync(from, to);
      undo.push(() => renameSync(to, from));
    };
    writeMoved(session, beside, id);
    for (const name of readdirSync(home))
      if (!made.includes(name) && !existsSync(`${next}/${name}`))
        rename(`${home}/${name}`, `${next}/${name}`);
    rename(home, old);
    rename(next, home);
    await exchange(session, parents, id, beside);
  });
  // What is a file system of its own is not removed with the directory that it lies in.
  if (doomed !== undefined) await removeStorage(session, inPlaceOf(doomed, home, old));
  await removeTreeAnyway(session, old);
}

/** The directory has another name by now. */
function inPlaceOf(doomed: Doomed, home: string, old: string): Doomed {
  return 'path' in doomed ? { ...doomed, path: moved(doomed.path, home, old) } : doomed;
}

/** What a container is made of, by its names in LXC's directories. */
const made: readonly string[] = ['config', 'lxc_rdepends', 'overlay', 'partial', 'rootdev', 'rootfs'];

function homeOf({ lxcpath, name }: ContainerId): string {
  return `${lxcpath}/${name}`;
}

/** The configuration of `id`, as it will be under the name `to`. */
function writeMoved(session: Session, id: ContainerId, to: ContainerId): void {
  const io = nodeConfigIo(session);
  const [from, home] = [homeOf(id), homeOf(to)];
  const rootfs = loadConfig(configPath(id), io).one('lxc.rootfs.path')?.text;
  const place = rootfs === undefined ? undefined : moved(rootfs, from, home);
  const document = parseDocument(io.readFile(configPath(id)) ?? '', io);
  const relocation = {
    from,
    to: home,
    isWhole: true,
    rootfs: place,
    hostname: undefined,
    newAddresses: false,
  };
  writeConfig(id, printDocument(relocate(document, relocation, io)));
}

interface Parents {
  readonly old: readonly ContainerId[];
  readonly new: readonly ContainerId[];
}

/** One entry of the name for each that it stands on now, and none for others. */
async function exchange(
  session: Session,
  parents: Parents,
  id: ContainerId,
  beside: ContainerId,
): Promise<void> {
  for (const parent of parents.old) await locked(session, parent, () => forget(parent, id));
  await replaceInParents(session, parents.new, beside, id);
}
