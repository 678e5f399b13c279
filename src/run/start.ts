/** Starting a container: what is asked, what the host is like, the plan, and how it went. */

import { errnoNumber } from '../base/errno.ts';
import type { Lap } from '../base/laps.ts';
import { mapIds } from '../plan/idmap.ts';
import { explain, explainNotes, type HookCommand, hookCommands, type PlanNote } from '../plan/index.ts';
import { networkUser } from '../plan/network/index.ts';
import { lists } from '../wire/frames.ts';
import type { Program } from '../wire/program.ts';
import type { HelperTimes } from '../wire/trace.ts';
import { type Head, idOf, type Order } from './head.ts';
import { runEveryHook, runHooks } from './hooks.ts';
import { mapIds as writeIdMaps } from './idmap.ts';
import type { Log } from './log.ts';
import { downScripts, upScripts } from './network-scripts.ts';
import { mustBeWhole } from './partial.ts';
import { type PreparedStart, prepareStart } from './prepare.ts';
import { isGrounded, runsAlone } from './replay.ts';
import type { Call, CallHandler, RunResult, Session } from './session.ts';
import { tend } from './tend.ts';
import { makeUserNics } from './user-nic.ts';

/** Who hears of a start besides the caller. */
export interface Reporter {
  readonly log: Log;
  warn(message: string): void;
  /** Wants to know where the time went. */
  readonly traced?: (trace: StartTrace) => void;
}

/** A start, successful or not, with the times of both sides. */
export interface StartTrace {
  readonly program: Program;
  readonly laps: readonly Lap[];
  readonly times: HelperTimes;
}

export type StartOutcome = 'started' | 'already running';

/** Cleans what an earlier run left, then has the caller's process run the plan. */
export async function start(session: Session, order: Order, reporter: Reporter): Promise<StartOutcome> {
  const id = idOf(order.request);
  await mustBeWhole(session, id);
  if ((await tend(session, id)) === 'running') return 'already running';
  session.laps.mark('see to what earlier runs left');
  const prepared = await prepareStart(session, order);
  tellNotes(prepared.plan.notes, reporter);
  return runStart(session, prepared, reporter);
}

export function tellNotes(notes: readonly PlanNote[], reporter: Reporter): void {
  for (const { key, message, origin, level } of notes) {
    const words =
      origin === undefined ? `${key}: ${message}` : `${origin.file}:${origin.line}: ${key}: ${message}`;
    if (level === undefined) reporter.warn(words);
    else reporter.log.write(level, 'start', words);
  }
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
    const scripts = upScripts(head, facts, call.what);
    isNetworkUp ||= scripts !== undefined;
    try {
      await answer(session, { head, facts, scripts }, call, reporter);
    } catch (error) {
      refused = error;
      throw error;
    }
  };
  const result = await runWhole(session, { head, plan }, reporter, onCall);
  for (const note of explainNotes(plan.program, result.notes)) reporter.log.write('INFO', 'start', note);
  if (result.kind !== 'failed') return 'started';
  if (isNameTaken(plan.program, result)) return 'already running';
  // What the up scripts did is undone by nobody else.
  if (isNetworkUp) await runEveryHook(session, downScripts(head), reporter.log);
  // A container that has failed itself is what nothing could be done for.
  const isOwn = result.list === lists.child;
  throw (isOwn ? undefined : refused) ?? explain(plan.program, result);
}

async function runWhole(
  session: Session,
  { head, plan: { program } }: Pick<PreparedStart, 'head' | 'plan'>,
  { traced }: Reporter,
  onCall: CallHandler,
): Promise<RunResult> {
  if (traced === undefined)
    return session.runLast(program, { onCall, isGrounded: isAlone(head, program), free: freeWords(head) });
  const { result, times } = await session.runTraced(program, onCall);
  traced({ program, times, laps: session.laps.all });
  return result;
}

/** Nobody but the caller has a part in it: no log, no call, nothing looked at that is not among the grounds. */
function isAlone({ config, logFile }: Head, program: Program): boolean {
  return logFile === undefined && runsAlone(program) && isGrounded(config);
}

function freeWords({ request: { name, pidfile } }: Head): readonly string[] {
  return pidfile === undefined ? [name] : [name, pidfile];
}

interface Scripts {
  /** `undefined` where the call is about something else. */
  readonly scripts: readonly HookCommand[] | undefined;
}

function answer(
  session: Session,
  { head, facts, scripts }: Pick<PreparedStart, 'head' | 'facts'> & Scripts,
  call: Call,
  { log }: Reporter,
): Promise<void> {
  if (call.what === networkUser) return makeUserNics(session, head, facts, call);
  if (call.what === mapIds) return writeIdMaps(session, head, call);
  return runHooks(session, scripts ?? hooksAt(head, call), log);
}

function hooksAt({ config, request }: Head, call: Call): readonly HookCommand[] {
  const type = call.what === 'pre-start' ? 'pre-start' : 'start-host';
  const initPid = call.initPid === 0 ? undefined : call.initPid;
  return hookCommands(config, request, type, { initPid });
}

function isNameTaken({ parent }: Program, { list, index, errno }: RunResult): boolean {
  return list === lists.parent && parent[index]?.op === 'bindCommand' && errno === errnoNumber('EADDRINUSE');
}
