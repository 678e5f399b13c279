/** Starting a container: what is asked, what the host is like, the plan, and how it went. */

import { errnoNumber } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import { gatherFacts } from '../host/facts.ts';
import {
  explain,
  type HostFacts,
  hookCommands,
  type PlanNote,
  planStart,
  type Share,
  type StartPlan,
  type StartRequest,
  shareTargets,
} from '../plan/index.ts';
import { networkUp } from '../plan/network/index.ts';
import { lists } from '../wire/frames.ts';
import type { Program } from '../wire/program.ts';
import { CommandSocket, type ContainerId, socketName } from './command-socket.ts';
import { encodeHead, type Head, idOf, type KeptRequest } from './head.ts';
import { runEveryHook, runHooks } from './hooks.ts';
import { cleanLeftovers, isOrphan, isWatched } from './leftovers.ts';
import type { Log } from './log.ts';
import { downScripts, upScripts } from './network-scripts.ts';
import { monitorFifo, recordDir, runtimeDir, systemConfig } from './places.ts';
import { readRecord } from './record.ts';
import type { Call, CallHandler, RunResult, Session } from './session.ts';

/** What the command line says about a start. */
export interface StartOptions {
  readonly kind: 'start' | 'execute';
  readonly detach: boolean;
  readonly command: readonly string[];
  readonly configFile: string | undefined;
  readonly pidfile: string | undefined;
  readonly shares: readonly Share[];
}

/** Who hears of a start besides the caller. */
export interface Reporter {
  readonly log: Log;
  warn(message: string): void;
}

export function requestOf(
  session: Session,
  id: ContainerId,
  options: StartOptions,
  { log }: Pick<Reporter, 'log'>,
): KeptRequest {
  const { cwd, uid, gid, umask, pid, isatty } = session;
  return {
    ...id,
    ...options,
    commandSocket: socketName(id),
    rootfsMount: `${runtimeDir(session)}/lxc-ts/rootfs`,
    pid,
    cwd,
    uid,
    gid,
    umask,
    env: Object.entries(session.env).map(([name, value]) => `${name}=${value}`),
    terminals: isatty,
    cgroupPattern: systemConfig(session).values['lxc.cgroup.pattern'] ?? '',
    logLevel: log.level,
    monitorFifo: monitorFifo(session, id.lxcpath),
  };
}

export interface PreparedStart {
  readonly head: Head;
  readonly facts: HostFacts;
  readonly plan: StartPlan;
}

/** Changes nothing; what is known to be wrong is thrown. */
export async function prepareStart(
  session: Session,
  { request, config, logFile }: Head,
  reboot = false,
): Promise<PreparedStart> {
  const dir = recordDir(session, request.lxcpath, request.name);
  const asked = {
    ...request,
    reboot,
    record: { dir, head: Buffer.alloc(0) },
    initPids: new Map<string, number>(),
  };
  const initPids = await pidsOf(request, shareTargets({ config, request: asked }));
  const complete: StartRequest = { ...asked, initPids };
  const facts = gatherFacts(config, complete);
  const plan = planStart(config, complete, facts);
  const head: Head = { request, config, items: itemsOf(plan.program), logFile };
  return { head, facts, plan: { ...plan, program: withHead(plan.program, encodeHead(head)) } };
}

async function pidsOf({ lxcpath }: KeptRequest, names: readonly string[]): Promise<Map<string, number>> {
  const pids = new Map<string, number>();
  for (const name of names) {
    const pid = await new CommandSocket({ lxcpath, name }).initPid();
    if (pid !== undefined) pids.set(name, pid);
  }
  return pids;
}

/** Names that were drawn for this run, such as the host's end of a veth pair: scripts at the end are told them. */
function itemsOf({ settings }: Program): ReadonlyMap<string, string> {
  return new Map(
    settings.flatMap((op) =>
      op.op === 'setItem' && op.args.key.endsWith('.veth.pair') ? [[op.args.key, op.args.value]] : [],
    ),
  );
}

/** The record starts with what only the finished plan knows. */
function withHead(program: Program, head: Buffer): Program {
  const parent = program.parent.map((op) =>
    op.op === 'openRecord' ? { ...op, args: { ...op.args, head } } : op,
  );
  return { ...program, parent };
}

export type StartOutcome = 'started' | 'already running';

/** Cleans what an earlier run left, then has the caller's process run the plan. */
export async function start(session: Session, head: Head, reporter: Reporter): Promise<StartOutcome> {
  if (await isBusy(session, idOf(head.request))) return 'already running';
  const prepared = await prepareStart(session, head);
  tellNotes(prepared.plan.notes, reporter);
  return runStart(session, prepared, reporter);
}

/** A record says that the name is, or was, in use; without one, binding the command socket decides. */
async function isBusy(session: Session, id: ContainerId): Promise<boolean> {
  const record = readRecord(recordDir(session, id.lxcpath, id.name));
  if (record === undefined) return false;
  if ((await new CommandSocket(id).state()) !== 'STOPPED' || isWatched(record)) return true;
  if (isOrphan(record))
    throw new LxcError('Failed to start: init of an earlier start is still running without a monitor', {
      hint: `lxc-stop -k -n ${id.name} ends it`,
    });
  await cleanLeftovers(session, record);
  return false;
}

export function tellNotes(notes: readonly PlanNote[], reporter: Pick<Reporter, 'warn'>): void {
  for (const { key, message, origin } of notes)
    reporter.warn(
      origin === undefined ? `${key}: ${message}` : `${origin.file}:${origin.line}: ${key}: ${message}`,
    );
}

/** Throws what a hook or the kernel refused. */
export async function runStart(
  session: Session,
  { head, facts, plan }: PreparedStart,
  reporter: Reporter,
): Promise<StartOutcome> {
  let refused: unknown;
  let isNetworkUp = false;
  const onCall: CallHandler = async (call) => {
    isNetworkUp ||= call.what === networkUp;
    try {
      await answer(session, head, facts, call, reporter);
    } catch (error) {
      refused = error;
      throw error;
    }
  };
  const result = await session.run(plan.program, onCall);
  for (const note of result.notes)
    reporter.log.write('INFO', 'start', explain(plan.program, note).toString());
  if (result.kind !== 'failed') return 'started';
  if (isNameTaken(plan.program, result)) return 'already running';
  // What the up scripts did is undone by nobody else.
  if (isNetworkUp) await runEveryHook(session, downScripts(head), reporter.log);
  throw refused ?? explain(plan.program, result);
}

function answer(
  session: Session,
  head: Head,
  facts: HostFacts,
  call: Call,
  { log }: Reporter,
): Promise<void> {
  const { config, request } = head;
  if (call.what === networkUp) return runHooks(session, upScripts(head, facts), log);
  const type = call.what === 'pre-start' ? 'pre-start' : 'start-host';
  const initPid = call.initPid === 0 ? undefined : call.initPid;
  return runHooks(session, hookCommands(config, request, type, { initPid }), log);
}

function isNameTaken({ parent }: Program, { list, index, errno }: RunResult): boolean {
  return list === lists.parent && parent[index]?.op === 'bindCommand' && errno === errnoNumber('EADDRINUSE');
}
