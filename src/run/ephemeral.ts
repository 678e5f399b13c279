/**
 * Containers for one run: a snapshot that is started at once and gone when it stops, together with what it wrote. The
 * start and the command in it are commands of their own in the caller's process tree.
 */

import { chownSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { draw } from '../base/draw.ts';
import { LxcError } from '../base/error.ts';
import { installRoot } from '../base/install.ts';
import { type CloneWish, cloneContainer } from './clone.ts';
import { CommandSocket, type ContainerId } from './command-socket.ts';
import { destroyContainer } from './destroy.ts';
import { isDefined } from './directory.ts';
import type { Log } from './log.ts';
import type { Session } from './session.ts';

/** A directory or file of the host that the container gets besides: itself, or what is in it as a beginning. */
export interface ExtraMount {
  readonly type: 'bind' | 'overlay';
  readonly source: string;
  /** The path inside. */
  readonly target: string;
  readonly readOnly: boolean;
}

export interface EphemeralWish extends Omit<CloneWish, 'snapshot' | 'lines' | 'furnish' | 'hookArguments'> {
  readonly mounts: readonly ExtraMount[];
  /** What is written stays in memory. */
  readonly tmpfs: boolean;
  /** The container stays when it stops. */
  readonly keep: boolean;
}

/** Makes it; {@link startEphemeral} and {@link runInEphemeral} start it. */
export async function makeEphemeral(
  session: Session,
  from: ContainerId,
  to: ContainerId,
  wish: EphemeralWish,
  log: Log,
): Promise<void> {
  const home = `${to.lxcpath}/${to.name}`;
  const mounts = wish.mounts.map((mount) => planned(mount, home));
  const lines = [
    ...mounts.map(({ entry }) => ['lxc.mount.entry', entry] as const),
    ...(wish.tmpfs ? [['lxc.hook.pre-mount', `${home}/pre-mount`] as const] : []),
    ...(wish.keep ? [] : [['lxc.ephemeral', '1'] as const]),
  ];
  const furnish = () => {
    for (const { directories } of mounts) for (const path of directories) makeLike(path, home);
    if (wish.tmpfs) writeFileSync(`${home}/pre-mount`, memoryHook(home), { mode: 0o755 });
  };
  const storage = wish.tmpfs ? 'overlay' : wish.storage;
  const clone = { ...wish, storage, snapshot: true, hookArguments: [], lines, furnish };
  await cloneContainer(session, from, to, clone, log);
}

/** `NAME_XXXXXX`, which nothing has yet. */
export function ephemeralName(lxcpath: string, name: string): string {
  for (;;) {
    const random = `${name}_${letters()}`;
    if (!existsSync(`${lxcpath}/${random}`)) return random;
  }
}

const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789';

function letters(): string {
  return Array.from({ length: 6 }, () => alphabet[draw(alphabet.length)]).join('');
}

interface PlannedMount {
  readonly entry: string;
  /** What it needs in the container's directory. */
  readonly directories: readonly string[];
}

function planned({ type, source, target, readOnly }: ExtraMount, home: string): PlannedMount {
  const isFile = statSync(source, { throwIfNoEntry: false })?.isDirectory() === false;
  const [from, to] = [source, target.replace(/^\/+/, '')].map((path) => path.replaceAll(' ', '\\040'));
  const create = isFile ? 'create=file' : 'create=dir';
  if (type === 'bind')
    return {
      entry: `${from} ${to} none bind,optional,${readOnly ? 'ro' : 'rw'},${create} 0 0`,
      directories: [],
    };
  const [upper, work] = [`${home}/delta#${letters()}`, `${home}/work#${letters()}`];
  const options = `lowerdir=${from},upperdir=${upper},workdir=${work},${create}`;
  return { entry: `${from} ${to} overlay ${options} 0 0`, directories: [upper, work] };
}

/** Whoever what the container writes belongs to works in it. */
function makeLike(path: string, home: string): void {
  const { uid, gid } = statSync(`${home}/overlay/delta`, { throwIfNoEntry: false }) ?? statSync(home);
  mkdirSync(path, { mode: 0o755 });
  chownSync(path, uid, gid);
}

/** Runs in the container's mount namespace, which takes the file system with it. */
function memoryHook(home: string): string {
  return `#!/bin/sh
# Puts what the container writes into memory.
set -e
mount -t tmpfs -o mode=0755 none '${home}/rootfs'
cp -a '${home}/overlay/delta' '${home}/overlay/work' '${home}/rootfs/'
rm -rf '${home}/rootfs/work/work'
mount --bind '${home}/rootfs' '${home}/overlay'
`;
}

/** Detached, or on the caller's terminal until it stops. What does not start is destroyed. */
export async function startEphemeral(
  session: Session,
  id: ContainerId,
  { foreground }: { readonly foreground: boolean },
  log: Log,
): Promise<void> {
  const status = await command(session, 'start', id, [foreground ? '-F' : '-d']);
  if (status === 0) return;
  if (isDefined(id)) await destroyContainer(session, id, { force: true, snapshots: false }, log);
  throw new LxcError(`Failed to start ${id.name}, so it was destroyed`);
}

/** How long init has to end by itself once the command has ended. */
const patience = 60;

interface Run {
  readonly argv: readonly string[];
  readonly keep: boolean;
}

/** Starts it, runs a command in it and stops it; the status of the command. */
export async function runInEphemeral(
  session: Session,
  id: ContainerId,
  { argv, keep }: Run,
  log: Log,
): Promise<number> {
  await startEphemeral(session, id, { foreground: false }, log);
  try {
    return await command(session, 'attach', id, ['--', ...argv]);
  } finally {
    // Who has gone cannot run anything any more, and does not wait.
    if (session.signal.aborted) await new CommandSocket(id).stop();
    else await command(session, 'stop', id, ['-t', String(patience)]);
    if (!keep) await untilGone(id);
  }
}

function command(session: Session, verb: string, id: ContainerId, words: readonly string[]): Promise<number> {
  const argv = [`${installRoot}/bin/lxc-${verb}`, '-n', id.name, '-P', id.lxcpath, ...words];
  return session.spawn({ argv }).then(({ status }) => status);
}

const turns = 500;

/** The monitor has it destroyed after it has stopped. */
async function untilGone({ lxcpath, name }: ContainerId): Promise<void> {
  const home = `${lxcpath}/${name}`;
  for (let turn = 0; turn < turns && existsSync(home); turn += 1) await sleep(10);
}
