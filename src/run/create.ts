/**
 * Making a container: its directory and configuration, and the root file system by a template. While it goes on,
 * a locked file `partial` tells LXC's tools and ours to keep off; if it fails, nothing of it stays.
 */

import { existsSync, readFileSync } from 'node:fs';
import { LxcError } from '../base/error.ts';
import { installRoot } from '../base/install.ts';
import {
  appendItem,
  type Config,
  loadConfig,
  nodeConfigIo,
  parseConfig,
  parseDocument,
  printDocument,
} from '../config/index.ts';
import { idFacts } from '../host/ids.ts';
import { layersOf } from '../plan/index.ts';
import type { ContainerId } from './command-socket.ts';
import { configPath } from './directory.ts';
import { type ContainerIds, containerIds, giveToMapped, letMappedPass, runMapped } from './mapped-command.ts';
import { beginContainer, endContainer, writeConfig } from './new-container.ts';
import { systemConfig } from './places.ts';
import { fillRoot, mountPointOf } from './root-file-system.ts';
import type { Session } from './session.ts';
import type { StorageOptions } from './storage/contract.ts';
import { bestStorage, type MadeType, makerOf } from './storage/index.ts';
import { findTemplate, originComment, templateArguments } from './template.ts';
import { type Undo, undoing } from './undo.ts';

export interface CreateWish {
  /** `undefined`: a container without a root file system of its own. */
  readonly template: string | undefined;
  /** What stood behind `--`. */
  readonly parameters: readonly string[];
  /** The file of -f; the default configuration otherwise. */
  readonly configFile: string | undefined;
  /** --dir: where the root file system goes instead of the container's directory. */
  readonly rootfs: string | undefined;
  /** A directory where absent; `best` is what can take snapshots, where there is such a thing. */
  readonly storage?: MadeType | 'best' | undefined;
  readonly options?: StorageOptions | undefined;
  readonly quiet: boolean;
}

export async function createContainer(session: Session, id: ContainerId, wish: CreateWish): Promise<void> {
  const template = wish.template === undefined ? undefined : findTemplate(wish.template);
  const start = startingText(session, wish);
  const io = nodeConfigIo(session);
  await undoing(async (undo) => {
    await beginContainer(session, id, undo);
    writeConfig(id, printDocument(start));
    if (template !== undefined) {
      const rootfs = await makeRoot(session, id, wish, undo);
      writeConfig(id, printDocument(appendItem(start, 'lxc.rootfs.path', rootfs)));
      await fill(session, id, { template, wish });
    }
    const config = loadConfig(configPath(id), io);
    endContainer(id);
    // Its root mounts the overlays of copies, for which he has to get here.
    letMappedPass(session, config, `${id.lxcpath}/${id.name}`);
    if (template !== undefined) await giveToMapped(session, config, [`${id.lxcpath}/${id.name}`], 'own');
  });
}

async function makeRoot(
  session: Session,
  id: ContainerId,
  { storage = 'dir', rootfs, options = {} }: CreateWish,
  undo: Undo,
): Promise<string> {
  const wished = { ...options, dir: rootfs };
  const type = storage === 'best' ? await bestStorage(session, id, wished) : storage;
  const config = loadConfig(configPath(id), nodeConfigIo(session));
  return makerOf(type).make({ session, id, options: wished, config, undo });
}

type StartingText = ReturnType<typeof parseDocument>;

/** Checked before anything is made, with the lines of the user's file to blame. */
function startingText(session: Session, { configFile, template }: CreateWish): StartingText {
  const io = nodeConfigIo(session);
  const file = configFile ?? defaultFile(session);
  const text = file === undefined ? '' : io.readFile(session.resolve(file));
  if (file === undefined || text === undefined) {
    if (configFile === undefined) return parseDocument('', io);
    throw new LxcError(`Failed to read the configuration ${file}: No such file or directory`);
  }
  // Read here, where a mistake is in the user's file and nothing has been made yet.
  const config = parseConfig(text, { file, io });
  if (session.uid !== 0 && template !== undefined) mustMap(session, config, file);
  return parseDocument(text, io);
}

/** Files of root cannot be made by a user, so that his templates need ids. */
function mustMap({ uid, gid }: Session, config: Config, file: string): void {
  if (config.many('lxc.idmap').length > 0) return;
  const { users, groups } = idFacts({ uid, gid });
  const [u, g] = [users[0], groups[0]];
  throw new LxcError(`Failed to run a template with ${file}: it maps no ids`, {
    hint:
      u === undefined || g === undefined
        ? 'have root give you some with usermod --add-subuids and --add-subgids'
        : `add lxc.idmap = u 0 ${u.first} ${u.count} and lxc.idmap = g 0 ${g.first} ${g.count}`,
  });
}

/** The one of lxc.conf or /etc/lxc; where there is none, the one that comes with the package. */
function defaultFile(session: Session): string | undefined {
  const own = systemConfig(session).values['lxc.default_config'];
  const candidates = [...(own === undefined ? [] : [own]), `${installRoot}/configs/default.conf`];
  return candidates.find((file) => existsSync(file));
}

interface Filling {
  readonly template: string;
  readonly wish: CreateWish;
}

async function fill(session: Session, id: ContainerId, { template, wish }: Filling): Promise<void> {
  const config = loadConfig(configPath(id), nodeConfigIo(session));
  const place = placeToFill(session, config);
  const path = `${id.lxcpath}/${id.name}`;
  const { parameters: more, quiet } = wish;
  const argv = [template, ...templateArguments({ name: id.name, path, rootfs: place.path, more })];
  const ids = containerIds(session, config);
  const { status, output } =
    ids === undefined && !place.isMounted
      ? await session.spawn({ argv, ...(quiet ? { stdio: 'capture' } : {}) })
      : { status: await fillApart(session, config, argv, { ids, place, quiet }), output: '' };
  if (status !== 0) {
    const last = output.trim().split('\n').at(-1) ?? '';
    throw new LxcError(
      `The template ${template} ended with status ${status}${last === '' ? '' : `: ${last}`}`,
      {
        hint: `lxc-create -t ${wish.template} -h tells what it takes`,
      },
    );
  }
  // Read again: the template added lines of its own.
  writeConfig(id, originComment(template, more) + readFileSync(configPath(id), 'utf8'));
}

interface Place {
  readonly path: string;
  /** It is there only while the template runs. */
  readonly isMounted: boolean;
}

/** Directories are filled where they are, of an overlay the one below; everything else is mounted for it. */
function placeToFill(session: Session, config: Config): Place {
  const { type, path = '' } = config.one('lxc.rootfs.path')?.value ?? {};
  if (type === 'dir' || type === 'btrfs') return { path, isMounted: false };
  if (type === 'overlay') return { path: layersOf(path).lowers[0] ?? path, isMounted: false };
  return { path: mountPointOf(session, config), isMounted: true };
}

interface Apart {
  readonly ids: ContainerIds | undefined;
  readonly place: Place;
  readonly quiet: boolean;
}

/** In a mount namespace, and where the container has ids as their root, to whom the root file system is given first. */
async function fillApart(
  session: Session,
  config: Config,
  [template = '', ...given]: readonly string[],
  { ids, place, quiet }: Apart,
): Promise<number> {
  const run = (argv: readonly string[]) =>
    place.isMounted || ids === undefined
      ? fillRoot(session, config, argv, quiet)
      : runMapped(session, ids, argv, quiet);
  if (ids === undefined) return run([template, ...given]);
  const chowned = await run(['chown', '0:0', place.path]);
  if (chowned !== 0) return chowned;
  const { uid, gid } = ids.caller;
  return run([template, '--mapped-uid', `${uid}`, '--mapped-gid', `${gid}`, ...given]);
}
