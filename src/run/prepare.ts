/** From what is asked of a start to its plan. Nothing is changed here; what is known to be wrong is thrown. */

import type { Config } from '../config/index.ts';
import { gatherFacts } from '../host/facts.ts';
import {
  type HostFacts,
  planStart,
  type Share,
  type StartPlan,
  type StartRequest,
  shareTargets,
} from '../plan/index.ts';
import { assumedFacts } from '../plan/network/index.ts';
import type { Program } from '../wire/program.ts';
import { CommandSocket, type ContainerId, socketName } from './command-socket.ts';
import { encodeHead, type Head, type KeptRequest, type Order } from './head.ts';
import type { Log } from './log.ts';
import { monitorFifo, recordFile, rootfsMount, systemConfig } from './places.ts';
import type { Session } from './session.ts';

/** What the command line says about a start. */
export interface StartOptions {
  readonly kind: 'start' | 'execute';
  readonly detach: boolean;
  readonly command: readonly string[];
  readonly configFile: string | undefined;
  readonly pidfile: string | undefined;
  readonly shares: readonly Share[];
}

export function requestOf(
  session: Session,
  id: ContainerId,
  options: StartOptions,
  { log }: { readonly log: Pick<Log, 'level'> },
): KeptRequest {
  const { cwd, uid, gid, umask, pid, isatty } = session;
  return {
    ...id,
    ...options,
    commandSocket: socketName(id),
    rootfsMount: rootfsMount(session),
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

/** `adopt`: the container runs, and only what its monitor must know is wanted. */
type Why = 'start' | 'reboot' | 'adopt';

export async function prepareStart(
  session: Session,
  { request, config, logFile }: Order,
  why: Why = 'start',
): Promise<PreparedStart> {
  const path = recordFile(session, request.lxcpath, request.name);
  const asked = {
    ...request,
    reboot: why === 'reboot',
    record: { path, head: Buffer.alloc(0) },
    initPids: new Map<string, number>(),
  };
  const targets = shareTargets({ config, request: asked });
  // Other containers, and what a user was given in /etc, are told by more than what is looked at here.
  if (targets.length > 0 || session.uid !== 0) session.grounds.spoil();
  const initPids = await pidsOf(request, targets);
  const complete: StartRequest = { ...asked, initPids };
  const now = gatherFacts(config, complete, session.grounds);
  session.laps.mark('look at the host');
  const facts = why === 'adopt' ? { ...now, network: assumedFacts(config.nets, now.network) } : now;
  const key = JSON.stringify([idOf(config), { ...complete, pid: 0 }, facts, logFile], plain);
  const known = prepared.get(key);
  if (known !== undefined) {
    session.laps.mark('find the plan that was made before');
    return known;
  }
  const fresh = plan({ request, config, logFile }, complete, facts);
  session.laps.mark('plan');
  if (prepared.size >= mostPrepared) prepared.clear();
  if (fresh.drew) session.grounds.spoil();
  else prepared.set(key, fresh.start);
  return fresh.start;
}

/**
 * Plans that were made before. A plan is a pure function of its configuration, request and facts, so with the same
 * ones a daemon gives the same plan, unless something in it was drawn by lot. The caller's pid only leads to facts.
 */
const prepared = new Map<string, PreparedStart>();
const mostPrepared = 256;

const ids = new WeakMap<Config, number>();
let lastId = 0;

/** Configurations are never changed, so one object stands for one content. */
function idOf(config: Config): number {
  const id = ids.get(config) ?? ++lastId;
  ids.set(config, id);
  return id;
}

function plain(_key: string, value: unknown): unknown {
  return value instanceof Map || value instanceof Set ? [...value] : value;
}

function plan(
  { request, config, logFile }: Order,
  complete: StartRequest,
  facts: HostFacts,
): { readonly start: PreparedStart; readonly drew: boolean } {
  let drew = false;
  const draw: HostFacts['draw'] = (limit) => {
    drew = true;
    return facts.draw(limit);
  };
  const plan = planStart(config, complete, { ...facts, draw });
  const head: Head = {
    request,
    config,
    items: itemsOf(plan.program),
    cgroups: cgroupsOf(plan.program),
    sysinfo: plan.program.settings.some(({ op }) => op === 'setSysinfo'),
    logFile,
  };
  const start = { head, facts, plan: { ...plan, program: withHead(plan.program, encodeHead(head)) } };
  return { start, drew };
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

function cgroupsOf({ settings }: Program): ReadonlyMap<string, string> {
  return new Map(
    settings.flatMap((op) => {
      if (op.op !== 'setCgroup') return [];
      const { controllers, limitPath } = op.args;
      return controllers.split(',').map((controller): [string, string] => [controller, limitPath]);
    }),
  );
}

/** The record starts with what only the finished plan knows. */
function withHead(program: Program, head: Buffer): Program {
  const parent = program.parent.map((op) =>
    op.op === 'openRecord' ? { ...op, args: { ...op.args, head } } : op,
  );
  return { ...program, parent };
}
