/** Removing a container for good: hooks, storage, directory. Nothing is touched before every check has passed. */

import { readdirSync, rmdirSync } from 'node:fs';
import { posix } from 'node:path';
import { errnoCode } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import { type Config, loadConfig, nodeConfigIo } from '../config/index.ts';
import { hookCommands } from '../plan/index.ts';
import type { ContainerId } from './command-socket.ts';
import { Container } from './container.ts';
import { configPath } from './directory.ts';
import { runHooks } from './hooks.ts';
import type { Log } from './log.ts';
import { rootfsMount } from './places.ts';
import { clonesOf, leaveParents, snapshotsOf } from './relatives.ts';
import { removeTree } from './remove.ts';
import type { Session } from './session.ts';

export interface DestroyWish {
  /** Stop it first. */
  readonly force: boolean;
  /** Its snapshots and clones too. */
  readonly snapshots: boolean;
}

/** Clones, snapshots, running: LXC looks at them in this order. */
export async function destroyContainer(
  session: Session,
  id: ContainerId,
  wish: DestroyWish,
  log: Log,
): Promise<void> {
  const [clones, snapshots] = [clonesOf(id), snapshotsOf(id)];
  if (!wish.snapshots && clones.length > 0) throw refused(id, 'has clones', clones);
  if (!wish.snapshots && snapshots.length > 0) throw refused(id, 'has snapshots', snapshots);
  const container = new Container(session, id);
  if ((await container.socket.state()) !== 'STOPPED') {
    if (!wish.force) throw new LxcError(`${id.name} is running`, { hint: 'stop it, or add -f' });
    await container.stop();
  }
  const config = loadConfig(configPath(id), nodeConfigIo(session));
  const storage = storageOf(id, config);
  for (const other of [...clones, ...snapshots]) await destroyContainer(session, other, wish, log);
  await runDestroyHooks(session, id, config, log);
  leaveParents(id);
  if (storage !== undefined) await removeTree(session, storage);
  await removeDirectory(session, id, config);
}

function refused({ name }: ContainerId, what: string, others: readonly ContainerId[]): LxcError {
  return new LxcError(`Destroying ${name} failed: ${name} ${what}`, {
    hint: `add -s to destroy ${others.map((other) => other.name).join(' ')} as well`,
  });
}

/** The tree of the root file system outside the container's directory; what is inside goes with the directory. */
function storageOf(id: ContainerId, config: Config): string | undefined {
  const entry = config.one('lxc.rootfs.path');
  if (entry === undefined || config.value('lxc.rootfs.managed') === false) return undefined;
  const home = `${id.lxcpath}/${id.name}`;
  const path = treeOf(entry.text);
  if (path === undefined)
    throw new LxcError(`Destroying ${id.name} failed: its storage ${entry.text} is not a directory`, {
      origin: entry.origin,
      hint: 'remove the storage with its own tools and set lxc.rootfs.managed = 0',
    });
  if (path === home || path.startsWith(`${home}/`)) return undefined;
  if (`${id.lxcpath}/`.startsWith(`${path}/`) || path.split('/').length < 3)
    throw new LxcError(`Destroying ${id.name} failed: ${path} is not the container's own`, {
      origin: entry.origin,
      hint: 'set lxc.rootfs.managed = 0 to keep it',
    });
  return path;
}

/** What belongs to the container: a directory, or the upper one of an overlay. */
export function treeOf(rootfs: string): string | undefined {
  const [, type = 'dir', path = ''] = /^(?:([a-z]+):)?(.*)$/.exec(rootfs) ?? [];
  if (type === 'dir') return posix.resolve('/', path);
  if (type !== 'overlay' && type !== 'overlayfs') return undefined;
  const upper = path.slice(path.lastIndexOf(':/') + 1);
  return posix.resolve('/', upper);
}

async function runDestroyHooks(session: Session, id: ContainerId, config: Config, log: Log): Promise<void> {
  const request = {
    name: id.name,
    configFile: configPath(id),
    env: Object.entries(session.env).map(([name, value]) => `${name}=${value}`),
    logLevel: log.level,
    rootfsMount: rootfsMount(session),
  };
  await runHooks(session, hookCommands(config, request, 'destroy'), log);
}

/** A root file system that is not ours to remove keeps its place, and the directory with it. */
async function removeDirectory(session: Session, id: ContainerId, config: Config): Promise<void> {
  const home = `${id.lxcpath}/${id.name}`;
  const rootfs = treeOf(config.one('lxc.rootfs.path')?.text ?? '');
  const keeps = config.value('lxc.rootfs.managed') === false && rootfs?.startsWith(`${home}/`) === true;
  if (!keeps) return removeTree(session, home);
  const kept = rootfs.slice(home.length + 1).split('/')[0];
  for (const name of readdirSync(home)) if (name !== kept) await removeTree(session, `${home}/${name}`);
  try {
    rmdirSync(home);
  } catch (error) {
    if (errnoCode(error) !== 'ENOTEMPTY') throw error;
  }
}
