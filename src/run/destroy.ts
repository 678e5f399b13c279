/** Removing a container for good: hooks, storage, directory. Nothing is touched before every check has passed. */

import { readdirSync, rmdirSync } from 'node:fs';
import { errnoCode } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import { type Config, loadConfig, nodeConfigIo } from '../config/index.ts';
import { hookCommands } from '../plan/index.ts';
import type { ContainerId } from './command-socket.ts';
import { Container } from './container.ts';
import { whileLocked } from './dir-lock.ts';
import { configPath } from './directory.ts';
import { doomedStorage, placeOf, removeStorage } from './doomed-storage.ts';
import { runHooks } from './hooks.ts';
import type { Log } from './log.ts';
import { rootfsMount } from './places.ts';
import { clonesOf, leaveParents, snapshotsOf } from './relatives.ts';
import { removeTree } from './remove.ts';
import type { Session } from './session.ts';
import { tend, tendedState } from './tend.ts';

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
  if ((await tendedState(session, id)) !== 'STOPPED') {
    if (!wish.force)
      throw new LxcError(`${id.name} is running`, {
        code: 'ALREADY_RUNNING',
        hint: 'stop it, or add -f',
      });
    await container.stop();
    // There will be no next command on the name, should its monitor have died at the end.
    await tend(session, id);
  }
  const config = loadConfig(configPath(id), nodeConfigIo(session));
  const storage = doomedStorage(id, config);
  for (const other of [...clones, ...snapshots]) await destroyContainer(session, other, wish, log);
  await whileLocked(session, id, async () => {
    await runDestroyHooks(session, id, config, log);
    await leaveParents(session, id);
    if (storage !== undefined) await removeStorage(session, storage);
    await removeDirectory(session, id, config);
  });
}

function refused({ name }: ContainerId, what: string, others: readonly ContainerId[]): LxcError {
  return new LxcError(`Destroying ${name} failed: ${name} ${what}`, {
    hint: `add -s to destroy ${others.map((other) => other.name).join(' ')} as well`,
  });
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
  const rootfs = placeOf(config.one('lxc.rootfs.path')?.value);
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
