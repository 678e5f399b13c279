/**
 * Making a container: its directory and configuration, and the root file system by a template. While it goes on,
 * a locked file `partial` tells LXC's tools and ours to keep off; if it fails, nothing of it stays.
 */

import { chmodSync, existsSync, mkdirSync, readFileSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoCode, reason } from '../base/errno.ts';
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
import { explain } from '../plan/index.ts';
import type { ContainerId } from './command-socket.ts';
import { hostProgram } from './container.ts';
import { configPath } from './directory.ts';
import { type ContainerIds, containerIds, giveToMapped, runMapped } from './mapped-command.ts';
import { systemConfig } from './places.ts';
import { removeTreeAnyway } from './remove.ts';
import type { Session } from './session.ts';
import { findTemplate, originComment, templateArguments } from './template.ts';

export interface CreateWish {
  /** `undefined`: a container without a root file system of its own. */
  readonly template: string | undefined;
  /** What stood behind `--`. */
  readonly parameters: readonly string[];
  /** The file of -f; the default configuration otherwise. */
  readonly configFile: string | undefined;
  /** --dir: where the root file system goes instead of the container's directory. */
  readonly rootfs: string | undefined;
  readonly quiet: boolean;
}

export async function createContainer(session: Session, id: ContainerId, wish: CreateWish): Promise<void> {
  const template = wish.template === undefined ? undefined : findTemplate(wish.template);
  const start = startingText(session, wish);
  const path = `${id.lxcpath}/${id.name}`;
  const rootfs = wish.rootfs ?? `${path}/rootfs`;
  const made = makeDirectories(path, template === undefined ? undefined : rootfs);
  try {
    await lock(session, `${path}/partial`);
    if (template === undefined) writeConfig(id, printDocument(start));
    else {
      writeConfig(id, printDocument(appendItem(start, 'lxc.rootfs.path', `dir:${rootfs}`)));
      await fill(session, id, { template, rootfs, wish });
    }
    const config = loadConfig(configPath(id), nodeConfigIo(session));
    unlinkSync(`${path}/partial`);
    // Its root mounts the overlays of copies, for which he has to get here.
    if (template !== undefined) await giveToMapped(session, config, [path], 'own');
  } catch (error) {
    for (const directory of made.toReversed()) await removeTreeAnyway(session, directory);
    throw error;
  }
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

/** What was made, the outermost first. An existing root file system directory is used and not removed. */
function makeDirectories(path: string, rootfs: string | undefined): readonly string[] {
  makeParents(dirname(path));
  try {
    mkdirSync(path);
  } catch (error) {
    if (errnoCode(error) === 'EEXIST')
      throw new LxcError(`Failed to create ${path}: it is there already, though not as a container`, {
        code: 'ALREADY_DEFINED',
        hint: 'remove it, or take another name',
      });
    throw new LxcError(`Failed to create ${path}: ${reason(error)}`, { cause: error });
  }
  chmodSync(path, 0o770);
  if (rootfs === undefined || existsSync(rootfs)) return [path];
  mkdirSync(rootfs, { recursive: true });
  chmodSync(rootfs, 0o755);
  return [path, rootfs];
}

function makeParents(path: string): void {
  try {
    mkdirSync(path, { recursive: true });
  } catch (error) {
    throw new LxcError(`Failed to create ${path}: ${reason(error)}`, { cause: error });
  }
}

async function lock(session: Session, path: string): Promise<void> {
  const program = hostProgram('create', [{ op: { op: 'lockFile', args: { path } }, act: `lock ${path}` }]);
  const result = await session.run(program);
  if (result.kind === 'failed') throw explain(program, result);
}

function writeConfig(id: ContainerId, text: string): void {
  writeFileSync(configPath(id), text, { mode: 0o640 });
  chmodSync(configPath(id), 0o640);
}

interface Filling {
  readonly template: string;
  readonly rootfs: string;
  readonly wish: CreateWish;
}

async function fill(session: Session, id: ContainerId, { template, rootfs, wish }: Filling): Promise<void> {
  const path = `${id.lxcpath}/${id.name}`;
  const more = wish.parameters;
  const argv = [template, ...templateArguments({ name: id.name, path, rootfs, more })];
  const ids = containerIds(session, loadConfig(configPath(id), nodeConfigIo(session)));
  const { status, output } =
    ids === undefined
      ? await session.spawn({ argv, ...(wish.quiet ? { stdio: 'capture' } : {}) })
      : { status: await fillMapped(session, ids, argv, { rootfs, quiet: wish.quiet }), output: '' };
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

/** As root of the container's ids, to whom the root file system is given first. */
async function fillMapped(
  session: Session,
  ids: ContainerIds,
  [template = '', ...given]: readonly string[],
  { rootfs, quiet }: { readonly rootfs: string; readonly quiet: boolean },
): Promise<number> {
  const chowned = await runMapped(session, ids, ['chown', '0:0', rootfs], quiet);
  if (chowned !== 0) return chowned;
  const { uid, gid } = ids.caller;
  const mapped = ['--mapped-uid', `${uid}`, '--mapped-gid', `${gid}`];
  return runMapped(session, ids, [template, ...mapped, ...given], quiet);
}
