/** An attach as a program: a child of the caller joins the container's cgroups, enters its namespaces and runs a command. */

import type { Op } from '../wire/ops.ts';
import { pty, stdio } from '../wire/ops.ts';
import type { PlannedOp, Program } from '../wire/program.ts';
import { type NamespaceName, namespaceFlags } from './namespaces.ts';
import { type Filter, loadFilter } from './seccomp.ts';
import { sysinfoFilter } from './sysinfo.ts';

/** Of a terminal, in characters. */
export interface Window {
  readonly rows: number;
  readonly columns: number;
}

/** Restrictions of the container that the command is to be free of. */
export type Privilege = 'CGROUP' | 'CAP' | 'LSM';

export interface AttachRequest {
  readonly argv: readonly string[];
  /** Runs where `argv` cannot be executed: a shell that passwd names need not be there. */
  readonly otherwise?: readonly string[];
  /** `NAME=VALUE`, the whole environment of the command. */
  readonly env: readonly string[];
  /** The caller's directory, tried inside; '' for none. */
  readonly cwd: string;
  /** The directory must be there. */
  readonly strictCwd?: boolean;
  readonly uid: number;
  readonly gid: number;
  /** Enter only these; all that differ where absent. */
  readonly namespaces: ReadonlySet<NamespaceName> | undefined;
  readonly elevated: ReadonlySet<Privilege>;
  /** Of personality(2): 0 or 8. */
  readonly persona: number | undefined;
  /** Fresh /proc and /sys where the mount namespace is not entered. */
  readonly remount: boolean;
  /**
   * One of the caller's standard streams is a terminal: the command gets one of the container's in its place. With a
   * window it gets one of that size in any case, and the caller's streams carry what is typed and shown.
   */
  readonly terminal: boolean | Window;
  /** File for what the terminal shows, '' for none. */
  readonly ptyLog: string;
  /** SELinux context to run in. */
  readonly context: string | undefined;
}

/** What the running container tells. */
export interface AttachFacts {
  /** Abstract name of its command socket. */
  readonly socket: string;
  readonly initPid: number;
  /** Those of init that are not the caller's. */
  readonly namespaces: ReadonlySet<NamespaceName>;
  /** Files that a process writes 0 to in order to join, one for each v1 hierarchy. */
  readonly tasks: readonly string[];
  /** Directory in the unified hierarchy, '' without one. */
  readonly cgroup2: string;
  /** The user of the host behind the one that the command runs as; -1 where there is none. */
  readonly owner: number;
  /** Whether groups can be set there: not where a user mapped none but his own. */
  readonly setgroups: boolean;
  /** Capabilities that init's bounding set lacks, a bit for each. */
  readonly dropped: bigint;
  readonly noNewPrivs: boolean;
  /** Label of init under AppArmor or SELinux, as the file of that name takes it; absent where unconfined. */
  readonly label: { readonly attribute: string; readonly text: string } | undefined;
  /** The monitor answers sysinfo(2). */
  readonly sysinfo: boolean;
  /** Ops for `lxc.sched.core` and `lxc.prlimit`. */
  readonly limits: readonly PlannedOp[];
  /** The policy of the container. */
  readonly filter: Filter | undefined;
}

export function planAttach(request: AttachRequest, facts: AttachFacts): Program {
  const spaces = [...facts.namespaces].filter((one) => request.namespaces?.has(one) ?? true);
  const cgroup = !request.elevated.has('CGROUP');
  return {
    parent: [
      step(
        { op: 'openInit', args: { socket: facts.socket, pid: facts.initPid } },
        'reach the init of the container',
      ),
      step(
        {
          op: 'attach',
          args: {
            cgroup2: cgroup ? facts.cgroup2 : '',
            pty: ptyKind(request),
            log: request.ptyLog,
            owner: spaces.includes('user') ? facts.owner : request.uid,
            ...windowOf(request),
          },
        },
        'start a process for the container',
      ),
    ],
    child: [
      ...(cgroup ? facts.tasks.map(joinCgroup) : []),
      ...facts.limits,
      enter(spaces),
      ...(request.remount && !spaces.includes('mnt') ? remount(spaces) : []),
      ...personality(request.persona),
      step({ op: 'chdir', args: { path: '/', create: 0 } }, 'enter the root directory of the container'),
      ...inside(request),
      ...notifySysinfo(spaces, facts),
      ...confine(request, facts, spaces),
      ...run(request),
    ],
    settings: [],
    after: 'attached',
    exit: 'status',
  };
}

function step(op: Op, act: string, optional = false): PlannedOp {
  return { ...op, why: { key: 'attach', act }, ...(optional ? { optional } : {}) };
}

function run({ argv, otherwise, env }: AttachRequest): PlannedOp[] {
  const commands = otherwise === undefined ? [argv] : [argv, otherwise];
  return commands.map((command, index) =>
    step(
      { op: 'exec', args: { argv: command, env } },
      `run ${command[0] ?? ''}`,
      index < commands.length - 1,
    ),
  );
}

function joinCgroup(file: string): PlannedOp {
  return step({ op: 'joinCgroup', args: { file } }, `join the cgroup of the container by ${file}`);
}

function enter(spaces: readonly NamespaceName[]): PlannedOp {
  const namespaces = spaces.reduce((flags, one) => flags | namespaceFlags[one], 0);
  return step({ op: 'enter', args: { namespaces } }, 'enter the namespaces of the container');
}

function ptyKind({ terminal }: AttachRequest): number {
  if (typeof terminal === 'object') return pty.streams;
  return terminal ? pty.callers : pty.none;
}

function windowOf({ terminal }: AttachRequest): Window {
  return typeof terminal === 'object' ? terminal : { rows: 0, columns: 0 };
}

function connectTerminal({ terminal }: AttachRequest): PlannedOp {
  const mode = typeof terminal === 'object' ? stdio.console : stdio.consoleForTerminals;
  const args = { mode, controlling: 1 };
  return step({ op: 'stdio', args }, 'connect the terminal');
}

/**
 * In a mount namespace of its own, so that nobody else sees the change. Without the container's pid or network
 * namespace the caller's /proc or /sys is the right one, and the kernel refuses to put it on top of itself.
 */
function remount(spaces: readonly NamespaceName[]): PlannedOp[] {
  const recursiveSlave = 0x4000 | 0x8_0000;
  const at = (fstype: string, target: string, propagation = 0): PlannedOp =>
    step(
      {
        op: 'mount',
        args: {
          source: fstype,
          sourceWhere: 0,
          target,
          targetWhere: 0,
          fstype,
          flags: 0,
          data: '',
          propagation,
        },
      },
      propagation === 0 ? `mount a fresh ${fstype} on ${target}` : 'keep mounts from spreading',
    );
  return [
    step({ op: 'unshare', args: { flags: namespaceFlags.mnt } }, 'make a mount namespace'),
    at('', '/', recursiveSlave),
    ...(spaces.includes('pid') ? [at('proc', '/proc')] : []),
    ...(spaces.includes('net') ? [at('sysfs', '/sys')] : []),
  ];
}

/** Once the ids change, it may no longer be allowed. Who stays in another pid namespace may outlive the monitor. */
function notifySysinfo(spaces: readonly NamespaceName[], { sysinfo }: AttachFacts): PlannedOp[] {
  const answered = sysinfo && spaces.includes('pid');
  return answered ? [step(sysinfoFilter(), 'have sysinfo(2) answered', true)] : [];
}

function personality(persona: number | undefined): PlannedOp[] {
  return persona === undefined
    ? []
    : [step({ op: 'personality', args: { persona } }, 'set the architecture')];
}

/** The container need not have the caller's directory. */
function inside({ cwd, strictCwd = false }: AttachRequest): PlannedOp[] {
  return cwd === ''
    ? []
    : [step({ op: 'chdir', args: { path: cwd, create: 0 } }, `enter ${cwd}`, !strictCwd)];
}

/**
 * No group of the caller goes along. Whoever becomes another user loses the right to drop capabilities and to load a
 * filter, so these go first; root must still be able to set its groups, so for root they go afterwards.
 */
function confine(
  request: AttachRequest,
  facts: AttachFacts,
  spaces: readonly NamespaceName[],
): readonly PlannedOp[] {
  const { uid, gid } = request;
  const { setgroups } = facts;
  const ids = step(
    { op: 'setIds', args: { uid, gid, groups: Buffer.alloc(0), keepGroups: setgroups ? 0 : 1 } },
    `become user ${uid}, group ${gid}`,
  );
  const terminal = request.terminal === false ? [] : [connectTerminal(request)];
  const restricted = [...capabilities(request, facts), ...restrictions(request, facts)];
  const filter = policy(request, facts, spaces);
  return uid === 0
    ? [ids, ...restricted, ...terminal, ...filter]
    : [...restricted, ...filter, ids, ...terminal];
}

function capabilities({ elevated }: AttachRequest, { dropped }: AttachFacts): readonly PlannedOp[] {
  if (dropped === 0n || elevated.has('CAP')) return [];
  const act = 'drop the capabilities that the container lacks';
  return [step({ op: 'capDrop', args: { drop: dropped } }, act)];
}

/** As in C LXC: only for whoever enters the container's files, and is not to be free of its restrictions. */
function policy(
  { elevated }: AttachRequest,
  { filter }: AttachFacts,
  spaces: readonly NamespaceName[],
): readonly PlannedOp[] {
  return elevated.has('LSM') || !spaces.includes('mnt') ? [] : loadFilter(filter);
}

function restrictions({ elevated, context }: AttachRequest, { noNewPrivs, label }: AttachFacts): PlannedOp[] {
  if (context !== undefined) return [labelStep({ attribute: 'exec', text: context })];
  if (elevated.has('LSM')) return [];
  return [
    ...(label === undefined ? [] : [labelStep(label)]),
    ...(noNewPrivs ? [step({ op: 'noNewPrivs', args: {} }, 'set no_new_privs')] : []),
  ];
}

function labelStep({ attribute, text }: NonNullable<AttachFacts['label']>): PlannedOp {
  return step({ op: 'lsmLabel', args: { attribute, label: text } }, `change the security label to ${text}`);
}
