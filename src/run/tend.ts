/**
 * A record without a monitor: the monitor was killed. What is left is cleaned, or, where init lives on
 * (`lxc.monitor.signal.pdeath = 0`), a new monitor takes it over. Any command on the name may come across it.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { LxcError } from '../base/error.ts';
import { cgroupDirectory } from '../host/cgroup-mounts.ts';
import { explain } from '../plan/index.ts';
import { revive } from '../wire/encode.ts';
import type { Op } from '../wire/ops.ts';
import type { PlannedOp, Program } from '../wire/program.ts';
import { CommandSocket, type ContainerId, socketName } from './command-socket.ts';
import { unlocked } from './dir-lock.ts';
import { decodeHead, headOf } from './head.ts';
import { cleanLeftovers, isOrphan, isTaken, isWatched, takeOver } from './leftovers.ts';
import { recordFile } from './places.ts';
import { prepareStart } from './prepare.ts';
import { cgroupsOf } from './processes.ts';
import { type ContainerRecord, isAlive, type ProcessId, readRecord } from './record.ts';
import type { Session } from './session.ts';
import type { State } from './states.ts';

const dyingMilliseconds = 5;
const dyingTries = 200;
const killSignal = 9;

/** `absent`: nothing of ours is there, or not any more; a container of C LXC may still have the name. */
type Tended = 'running' | 'absent';

export async function tend(session: Session, id: ContainerId): Promise<Tended> {
  return (await tendAll(session, [id])).length > 0 ? 'running' : 'absent';
}

/** Those of many that run. One look is enough for the locks of the others. */
export async function tendAll(
  session: Session,
  ids: readonly ContainerId[],
): Promise<readonly ContainerId[]> {
  const found: Record<Tended, ContainerId[]> = { running: [], absent: [] };
  for (const id of ids) found[await lookAfter(session, id)].push(id);
  await unlocked(session, found.absent);
  return found.running;
}

async function lookAfter(session: Session, id: ContainerId): Promise<Tended> {
  const path = recordFile(session, id.lxcpath, id.name);
  for (;;) {
    const record = readRecord(path);
    if (record === undefined) {
      session.grounds.add({ kind: 'absent', path });
      return 'absent';
    }
    session.grounds.spoil();
    if ((await new CommandSocket(id).state()) !== 'STOPPED' || (await staysWatched(record))) return 'running';
    const orphan = (await outlives(record)) ? record.init : undefined;
    if (orphan !== undefined && (await adopt(session, record, orphan))) return 'running';
    if (orphan === undefined && (await cleanLeftovers(session, socketName(id), record))) return 'absent';
    // Somebody else is at it: what he leaves is looked at anew.
    await sleep(dyingMilliseconds);
  }
}

/** A monitor that dies takes its socket away before it is gone; one that still watches a running init has one. */
function staysWatched(record: ContainerRecord): Promise<boolean> {
  return record.running ? staysSo(() => isWatched(record)) : Promise.resolve(isWatched(record));
}

/** Init that dies with its monitor does so a moment later. */
function outlives(record: ContainerRecord): Promise<boolean> {
  const dies = headOf(record).config.value('lxc.monitor.signal.pdeath') === killSignal;
  return dies ? staysSo(() => isOrphan(record)) : Promise.resolve(isOrphan(record));
}

async function staysSo(holds: () => boolean): Promise<boolean> {
  for (let tries = 0; holds() && tries < dyingTries; tries++) await sleep(dyingMilliseconds);
  return holds();
}

/** The state, after a container that lost its monitor was taken over or cleaned up. */
export async function tendedState(
  session: Session,
  id: ContainerId,
  socket: CommandSocket = new CommandSocket(id),
): Promise<State> {
  const state = await socket.state();
  return state === 'STOPPED' && (await tend(session, id)) === 'running' ? socket.state() : state;
}

/**
 * The caller's process leaves a new monitor behind, which watches init through a pidfd. False where another command was
 * faster, or init has just ended.
 */
async function adopt(session: Session, record: ContainerRecord, init: ProcessId): Promise<boolean> {
  const head = decodeHead(record.head);
  const request = { ...head.request, pid: session.pid };
  const { plan } = await prepareStart(session, { ...head, request }, 'adopt');
  const program = adoptProgram(
    record,
    init,
    request.commandSocket,
    settingsOf(plan.program, init, head.items),
  );
  const result = await session.run(program);
  if (result.kind !== 'failed') return true;
  if (isTaken(program, result) || !isAlive(init)) return false;
  const { message } = explain(program, result);
  throw new LxcError(message, { hint: `kill ${init.pid} to be rid of what is left of ${request.name}` });
}

export function adoptProgram(
  record: ContainerRecord,
  { pid, startTime }: ProcessId,
  socket: string,
  settings: readonly Op[],
): Program {
  const step = (op: Op, act: string): PlannedOp => ({ ...op, why: { key: 'adopt', act } });
  const take: Op = { op: 'adopt', args: { pid, startTime } };
  return {
    parent: [
      ...takeOver(record, socket),
      step({ op: 'detach', args: { cgroup2: '' } }, 'start a monitor'),
      { ...step(take, `take over the running init ${pid}`), undo: record.undo().map(revive) },
    ],
    child: [],
    settings,
    after: 'monitor',
    exit: 'zero',
  };
}

/** What the plan drew anew for a next start is replaced by what is true of the running one. */
function settingsOf(program: Program, init: ProcessId, items: ReadonlyMap<string, string>): readonly Op[] {
  const cgroups = new Map(cgroupsOf(init.pid).map((one) => [one.controllers, one]));
  return program.settings.map((op) => {
    if (op.op === 'setItem')
      return { ...op, args: { ...op.args, value: items.get(op.args.key) ?? op.args.value } };
    const membership = op.op === 'setCgroup' ? cgroups.get(op.args.controllers) : undefined;
    if (op.op !== 'setCgroup' || membership === undefined) return op;
    const dir = cgroupDirectory(membership) ?? op.args.dir;
    const { path } = membership;
    return { ...op, args: { ...op.args, path, limitPath: path, dir, limitDir: dir } };
  });
}
