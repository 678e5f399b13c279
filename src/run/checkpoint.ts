/** A container put into files and brought back from them, by criu. */

import { mkdirSync } from 'node:fs';
import { reason } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import { textIfReadable } from '../base/text-file.ts';
import { cgroupDirectory } from '../host/cgroup-mounts.ts';
import { findTools } from '../host/tools.ts';
import {
  type CriuGroup,
  type CriuOptions,
  type DumpOptions,
  dumpAct,
  dumpArguments,
  logOf,
  restoreArguments,
} from '../plan/checkpoint.ts';
import { explain } from '../plan/index.ts';
import { ms } from '../plan/mount-flags.ts';
import { namespaceFlags } from '../plan/namespaces.ts';
import { isolateMounts } from '../plan/rootfs.ts';
import type { Op } from '../wire/ops.ts';
import { where } from '../wire/ops.ts';
import type { PlannedOp, Program } from '../wire/program.ts';
import { CommandSocket, type ContainerId } from './command-socket.ts';
import type { Order } from './head.ts';
import { recordFile } from './places.ts';
import { type PreparedStart, prepareStart } from './prepare.ts';
import { cgroupsOf } from './processes.ts';
import type { Session } from './session.ts';
import { tend, tendedState } from './tend.ts';

/** Writes the images; with `stop` the container is gone afterwards. */
export async function checkpoint(session: Session, id: ContainerId, options: DumpOptions): Promise<void> {
  const socket = new CommandSocket(id);
  const running = (await tendedState(session, id)) !== 'STOPPED';
  const pid = running ? await socket.initPid() : undefined;
  if (pid === undefined)
    throw new LxcError(`${id.name} not running, not checkpointing`, { code: 'NOT_RUNNING' });
  makeDirectory(options.directory);
  const groups = await groupsOf(socket, pid);
  const freezer =
    groups.find(({ controllers }) => controllers.split(',').includes('freezer')) ??
    groups.find(({ controllers }) => controllers === '');
  const facts = { criu: criuOf(session), pid, groups, freezer: freezer && cgroupDirectory(freezer) };
  const { status } = await session.spawn({ argv: dumpArguments(options, facts), stdio: 'capture' });
  if (status !== 0) throw failed(`Checkpointing ${id.name} failed`, logOf(dumpAct(options), options));
  if (options.stop && !options.preDump) await socket.waitFor(new Set(['STOPPED']), session.signal);
}

/** Starts a monitor for what criu brings back. */
export async function restore(session: Session, order: Order, options: CriuOptions): Promise<void> {
  const { request } = order;
  if ((await tend(session, request)) === 'running')
    throw new LxcError(`${request.name} is running, not restoring`, { code: 'ALREADY_RUNNING' });
  const program = restoreProgram(session, await prepareStart(session, order, 'adopt'), options);
  const result = await session.runLast(program);
  if (result.kind !== 'failed') return;
  if (program.parent[result.index]?.op === 'spawn')
    throw failed(`Restoring ${request.name} failed`, logOf('restore', options));
  throw explain(program, result);
}

function restoreProgram(session: Session, { head, plan }: PreparedStart, options: CriuOptions): Program {
  const { request, config } = head;
  const { type = 'dir', path: source } = config.value('lxc.rootfs.path') ?? { path: '' };
  if (source === '' || type !== 'dir')
    throw new LxcError(`Failed to restore ${request.name}: its root file system is no directory`);
  const settings = plan.program.settings;
  const pidfile = `${recordFile(session, request.lxcpath, request.name)}.restored`;
  const root = request.rootfsMount;
  const groups = settings.flatMap((op) =>
    op.op === 'setCgroup'
      ? [{ controllers: op.args.controllers, path: op.args.limitPath, dir: op.args.limitDir }]
      : [],
  );
  const criu = criuOf(session);
  const argv = restoreArguments(options, { criu, groups, root, pidfile });
  const undo: Op[] = [
    { op: 'unlink', args: { path: pidfile } },
    ...groups.map(({ dir }): Op => ({ op: 'rmdirCgroup', args: { path: dir, shared: 0 } })),
  ];
  const kept = plan.program.parent.filter(({ op }) => op === 'bindCommand' || op === 'openRecord');
  return {
    parent: [
      ...kept,
      ...(request.detach ? [step({ op: 'detach', args: { cgroup2: '' } }, 'start a monitor')] : []),
      step({ op: 'unshare', args: { flags: namespaceFlags.mnt } }, 'have mounts of its own'),
      isolateMounts(),
      step({ op: 'mkdir', args: { path: root, where: where.host, mode: 0o755 } }, `make ${root}`),
      step(mount(source, root, ms.bind), `mount the root file system on ${root}`),
      { ...step({ op: 'spawn', args: { argv, env: request.env } }, `restore ${request.name}`), undo },
      step({ op: 'adoptFrom', args: { file: pidfile } }, 'take over what criu restored'),
    ],
    child: [],
    settings,
    after: 'monitor',
    exit: 'zero',
  };
}

function mount(source: string, target: string, flags: number): Op {
  const places = { sourceWhere: where.host, target, targetWhere: where.host };
  return { op: 'mount', args: { source, ...places, fstype: '', flags, data: '', propagation: 0 } };
}

function step(op: Op, act: string): PlannedOp {
  return { ...op, why: { key: 'checkpoint', act } };
}

/** Of every hierarchy in which the container has a cgroup of its own. */
async function groupsOf(socket: CommandSocket, pid: number): Promise<readonly CriuGroup[]> {
  const all = await Promise.all(
    cgroupsOf(pid).map(async ({ controllers, path }) => {
      const told = await socket.limitCgroup(controllers.split(',')[0] ?? '');
      return { controllers, path: told === undefined ? path : `/${told.replace(/^\/+/, '')}` };
    }),
  );
  return all.filter(({ path }) => path !== '/');
}

function criuOf({ env }: Session): string {
  const path = env.PATH === undefined ? [] : [`PATH=${env.PATH}`];
  const criu = findTools(['criu'], path).get('criu');
  if (criu !== undefined) return criu;
  throw new LxcError('Failed to find criu: there is none in the PATH', { hint: 'install the package criu' });
}

function makeDirectory(path: string): void {
  try {
    mkdirSync(path, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new LxcError(`Failed to make ${path}: ${reason(error)}`, { cause: error });
  }
}

/** The first error in criu's log is the cause; those behind it follow from it. */
function failed(what: string, log: string): LxcError {
  const line = /^.*Error \([^)]*\): .*$/m.exec(textIfReadable(log) ?? '')?.[0];
  return new LxcError(`${what}: ${line ?? 'criu said nothing'}`, { hint: `criu's log is ${log}` });
}
