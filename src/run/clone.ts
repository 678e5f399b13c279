/**
 * Copies of containers. A clone has a root file system of its own, or with `snapshot` one that begins with that of the
 * original and grows apart from it. It is made as a whole or not at all.
 */

import { chmodSync, constants, copyFileSync, lstatSync } from 'node:fs';
import { dirname } from 'node:path';
import { LxcError } from '../base/error.ts';
import { makeDirectories } from '../base/make-directories.ts';
import {
  appendItem,
  type Config,
  type Document,
  loadConfig,
  newAddress,
  nodeConfigIo,
  ownFiles,
  parseConfig,
  parseDocument,
  printDocument,
  relocate,
} from '../config/index.ts';
import { hookCommands } from '../plan/index.ts';
import type { ContainerId } from './command-socket.ts';
import { configPath, isDefined } from './directory.ts';
import type { Log } from './log.ts';
import { environmentOf, giveToMapped, letMappedPass } from './mapped-command.ts';
import { beginContainer, endContainer, writeConfig } from './new-container.ts';
import { mustBeWhole } from './partial.ts';
import { joinParents, leaveParents, parentsOf } from './relatives.ts';
import { mountPointOf, renameRoot } from './root-file-system.ts';
import type { Session } from './session.ts';
import { cloneStorage, type StorageWish, storageOfClone } from './storage/clone.ts';
import { tendedState } from './tend.ts';
import { type Undo, undoing } from './undo.ts';

export interface CloneWish extends StorageWish {
  /** The host name of the original stays. */
  readonly keepName: boolean;
  /** Its hardware addresses stay. */
  readonly keepMac: boolean;
  /** The original may be running. */
  readonly allowRunning: boolean;
  /** What clone hooks get besides what they always get. */
  readonly hookArguments: readonly string[];
  /** A snapshot of the original that lies within it: what it stands on, the snapshot stands on, and on nothing else. */
  readonly isWithin?: boolean;
  /** The name that it goes by once it is in its place, where that is not the one it is made under. */
  readonly goesBy?: string;
  /** Lines at the end of its configuration. */
  readonly lines?: readonly (readonly [key: string, text: string])[];
  /** Makes what those lines need in the new container's directory. */
  readonly furnish?: (home: string) => void;
}

/** The original is left as it is, but for the list of those who stand on it. */
export async function cloneContainer(
  session: Session,
  from: ContainerId,
  to: ContainerId,
  wish: CloneWish,
  log: Log,
): Promise<void> {
  const source = await readSource(session, from, wish);
  if (isDefined(to))
    throw new LxcError(`Container ${to.name} already exists`, {
      code: 'ALREADY_DEFINED',
      hint: 'take another name',
    });
  const kind = storageOfClone({ id: from, config: source.config }, wish);
  await undoing(async (undo) => {
    await beginContainer(session, to, undo);
    copyFiles(source.document, from, to);
    const rootfs = kind === undefined ? undefined : await makeRoot(session, { from, to, source, wish, undo });
    wish.furnish?.(`${to.lxcpath}/${to.name}`);
    const config = writeClone(session, { from, to, source, wish, rootfs });
    await giveToMapped(session, config, [`${to.lxcpath}/${to.name}`], 'own');
    // An overlay is mounted by the container's own root, who must get to what it stands on.
    for (const { lxcpath, name } of wish.snapshot === false ? [to] : [to, from])
      letMappedPass(session, config, `${lxcpath}/${name}`);
    const { hookArguments } = wish;
    const hostname = hostnameOf(to, wish);
    await finishRoot(session, { from, to, config, hostname, hookArguments, log });
    await relate(session, { from, to, wish, undo });
    endContainer(to);
  });
}

interface Source {
  readonly config: Config;
  readonly document: Document;
}

/** Those who copy what is being written get half of something. */
async function readSource(session: Session, id: ContainerId, { allowRunning }: CloneWish): Promise<Source> {
  if (!isDefined(id))
    throw new LxcError(`There is no container ${id.name} in ${id.lxcpath}`, {
      code: 'NOT_DEFINED',
      hint: 'lxc-ls lists those there are',
    });
  await mustBeWhole(session, id, 'copy');
  if (!allowRunning && (await tendedState(session, id)) !== 'STOPPED')
    throw new LxcError(`${id.name} is running`, {
      code: 'ALREADY_RUNNING',
      hint: 'stop it, or add --allowrunning to copy it as it is at the moment',
    });
  const io = nodeConfigIo(session);
  const file = configPath(id);
  const text = io.readFile(file) ?? '';
  return { config: parseConfig(text, { file, io }), document: parseDocument(text, io) };
}

function hostnameOf({ name }: ContainerId, { keepName, goesBy = name }: CloneWish): string | undefined {
  return keepName ? undefined : goesBy;
}

interface Making {
  readonly from: ContainerId;
  readonly to: ContainerId;
  readonly source: Source;
  readonly wish: CloneWish;
}

function makeRoot(
  session: Session,
  { from, to, source, wish, undo }: Making & { readonly undo: Undo },
): Promise<string> {
  const { config } = source;
  const site = { session, id: to, options: wish.options, config, undo };
  return cloneStorage(site, { id: from, config }, wish);
}

function copyFiles(document: Document, from: ContainerId, to: ContainerId): void {
  const [old, home] = [from, to].map(({ lxcpath, name }) => `${lxcpath}/${name}`);
  if (old === undefined || home === undefined) return;
  for (const path of ownFiles(document, old)) {
    const stats = lstatSync(`${old}/${path}`, { throwIfNoEntry: false });
    // What is not there is not for us to miss, and a link or a device is no file of a configuration.
    if (stats?.isFile() !== true) continue;
    makeDirectories(dirname(`${home}/${path}`));
    copyFileSync(`${old}/${path}`, `${home}/${path}`, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE);
    chmodSync(`${home}/${path}`, stats.mode & 0o7777);
  }
}

function writeClone(
  session: Session,
  { from, to, source, wish, rootfs }: Making & { readonly rootfs: string | undefined },
): Config {
  const io = nodeConfigIo(session);
  const written = relocate(
    source.document,
    {
      from: `${from.lxcpath}/${from.name}`,
      to: `${to.lxcpath}/${to.name}`,
      isWhole: false,
      rootfs,
      hostname: hostnameOf(to, wish),
      newAddresses: !wish.keepMac,
    },
    io,
  );
  const wanted = [
    ['lxc.rootfs.path', rootfs],
    ['lxc.uts.name', hostnameOf(to, wish)],
  ] as const;
  const file = configPath(to);
  const read = (document: Document) => parseConfig(printDocument(document), { file, io });
  // What an included file says later than these lines counts otherwise.
  const insisted = wanted.reduce((document, [key, text]) => {
    const isSo = text === undefined || read(document).one(key)?.text === text;
    return isSo ? document : appendItem(document, key, text);
  }, written);
  const included = wish.keepMac ? [] : addressesOfOthers(read(insisted), file);
  const complete = [...included.map((key) => [key, newAddress(io)] as const), ...(wish.lines ?? [])].reduce(
    (document, [key, text]) => appendItem(document, key, text),
    insisted,
  );
  writeConfig(to, printDocument(complete));
  return loadConfig(file, io);
}

/** Hardware addresses in files that the original includes, too. */
function addressesOfOthers(config: Config, own: string): readonly string[] {
  return config.nets.flatMap((net) => {
    const entry = net.one('hwaddr');
    return entry === undefined || entry.origin.file === own ? [] : [entry.key];
  });
}

export interface Finishing {
  readonly from: ContainerId;
  readonly to: ContainerId;
  readonly config: Config;
  readonly hostname: string | undefined;
  readonly hookArguments: readonly string[];
  readonly log: Log;
}

/** What only the new container's own root file system can be told: clone hooks, and its name. */
export async function finishRoot(session: Session, finishing: Finishing): Promise<void> {
  const { from, to, config, hostname, hookArguments, log } = finishing;
  const request = {
    name: to.name,
    configFile: configPath(to),
    env: environmentOf(session),
    logLevel: log.level,
    rootfsMount: mountPointOf(session, config),
  };
  const hooks = hookCommands(config, request, 'clone', { source: from.name, extra: hookArguments });
  await renameRoot(session, config, { hooks, hostname });
}

/** A clone of a clone stands on what that one stands on as well. */
async function relate(
  session: Session,
  { from, to, wish, undo }: Pick<Making, 'from' | 'to' | 'wish'> & { readonly undo: Undo },
): Promise<void> {
  const config = loadConfig(configPath(to), nodeConfigIo(session));
  const type = config.one('lxc.rootfs.path')?.value.type;
  if (wish.snapshot === false || (type !== 'overlay' && type !== 'overlayfs')) return;
  undo.push(() => leaveParents(session, to));
  await joinParents(session, to, [...parentsOf(from), ...(wish.isWithin === true ? [] : [from])]);
}
