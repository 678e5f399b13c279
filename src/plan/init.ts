/** The container's first process: command, environment, identity, limits of its own. */

import { LxcError } from '../base/error.ts';
import type { Limit } from '../config/index.ts';
import type { PlannedOp } from '../wire/program.ts';
import { always, asked, askedBy, step } from '../wire/step.ts';
import type { Context } from './context.ts';
import { mergeEnvironment } from './hooks.ts';
import { ttyNames } from './terminals.ts';
import { splitCommand } from './words.ts';

export function runInit(context: Context): PlannedOp {
  const { config, request } = context;
  const env = initEnvironment(context);
  if (request.kind === 'execute') {
    const argv = executeCommand(context);
    const entry = request.command.length > 0 ? undefined : config.one('lxc.execute.cmd');
    return step({ op: 'execInit', args: { argv, env } }, askedBy(entry, 'start', `run ${argv[0] ?? ''}`));
  }
  const given = request.command.length > 0;
  const argv = given ? request.command : splitCommand(config.value('lxc.init.cmd'));
  const why = askedBy(given ? undefined : config.one('lxc.init.cmd'), 'start', `run ${argv[0] ?? ''}`);
  return step({ op: 'exec', args: { argv, env } }, why);
}

function executeCommand({ config, request }: Context): readonly string[] {
  if (request.command.length > 0) return request.command;
  const argv = splitCommand(config.value('lxc.execute.cmd') ?? '');
  if (argv.length > 0) return argv;
  throw new LxcError('Missing command to execute', {
    hint: 'give one behind "--", or set lxc.execute.cmd',
  });
}

/** Built from nothing, so that nothing of the caller's leaks in; `container` cannot be overridden. */
export function initEnvironment(context: Context): readonly string[] {
  const { config } = context;
  const own = [...config.many('lxc.environment'), ...config.many('lxc.environment.runtime')];
  const ttys = ttyNames(context);
  return mergeEnvironment(
    [],
    [
      ...own.flatMap(({ value }): [string, string][] =>
        value.value === undefined ? [] : [[value.name, value.value]],
      ),
      ['container', 'lxc'],
      ...(ttys.length > 0 ? [['container_ttys', ttys.join(' ')] as const] : []),
    ],
  );
}

export function becomeUser({ config, ids }: Context): PlannedOp {
  const lists = config.many('lxc.init.groups');
  const groups = lists.flatMap(({ value }) => value);
  const [uid, gid] = [config.value('lxc.init.uid'), config.value('lxc.init.gid')];
  const packed = Buffer.alloc(groups.length * 4);
  for (const [index, group] of groups.entries()) packed.writeUInt32LE(group, index * 4);
  const entry = config.one('lxc.init.uid') ?? config.one('lxc.init.gid') ?? lists.at(-1);
  const op = {
    op: 'setIds',
    args: { uid, gid, groups: packed, keepGroups: ids?.setgroups === false ? 1 : 0 },
  } as const;
  return step(op, askedBy(entry, 'start', `become user ${uid}, group ${gid}`));
}

export function enterDirectory({ config }: Context): readonly PlannedOp[] {
  const entry = config.one('lxc.init.cwd');
  if (entry === undefined) return [];
  return [
    step({ op: 'chdir', args: { path: entry.value, create: 1 } }, asked(entry, `enter ${entry.value}`)),
  ];
}

const perLinux = 0;
const perLinux32 = 8;

export function setPersonality({ config }: Context): readonly PlannedOp[] {
  const entry = config.one('lxc.arch');
  if (entry === undefined) return [];
  const persona = entry.value.bits === 32 ? perLinux32 : perLinux;
  return [step({ op: 'personality', args: { persona } }, asked(entry, `set the personality ${entry.text}`))];
}

/** The stored flag means "keep the caller's", against the manual page of LXC but as its code has it. */
export function newKeyring({ config }: Context): readonly PlannedOp[] {
  if (config.value('lxc.keyring.session')) return [];
  const why = askedBy(undefined, 'lxc.keyring.session', 'make a session keyring');
  return [step({ op: 'keyring', args: {} }, why, { optional: true })];
}

/** Everything of the container inherits it; `from` is the process that has it already, 0 for a new container. */
export function shareNoCore({ config }: Pick<Context, 'config'>, from: number): readonly PlannedOp[] {
  const entry = config.one('lxc.sched.core');
  if (entry?.value !== true) return [];
  const why = asked(entry, 'keep the processors that the container uses from others');
  return [step({ op: 'schedCore', args: { from } }, why)];
}

const resources: Readonly<Record<string, number>> = {
  cpu: 0,
  fsize: 1,
  data: 2,
  stack: 3,
  core: 4,
  rss: 5,
  nproc: 6,
  nofile: 7,
  memlock: 8,
  as: 9,
  locks: 10,
  sigpending: 11,
  msgqueue: 12,
  nice: 13,
  rtprio: 14,
  rttime: 15,
};

export function limitResources({ config }: Pick<Context, 'config'>): readonly PlannedOp[] {
  return config.family('lxc.prlimit').flatMap((entry) => {
    const resource = resources[entry.name];
    if (resource === undefined) return [];
    const { soft, hard } = entry.value;
    const op = { op: 'rlimit', args: { resource, soft: limit(soft), hard: limit(hard) } } as const;
    return [step(op, asked(entry, `set the limit ${entry.name} to ${entry.text}`))];
  });
}

/** RLIM_INFINITY is the largest number, which travels as -1. */
function limit(value: Limit): bigint {
  return value === 'unlimited' ? -1n : BigInt.asIntN(64, value);
}

/**
 * Written through the host's /proc, whose /proc/sys shows each reader his own namespaces: the container's may
 * be read-only by then, or absent.
 */
export function writeSysctls({ config }: Context): readonly PlannedOp[] {
  return config.family('lxc.sysctl').map((entry) => {
    const path = `/proc/sys/${sysctlPath(entry.name)}`;
    const text = Buffer.from(entry.value);
    return step(
      { op: 'writeFile', args: { path, text, flags: 0, mode: 0 } },
      asked(entry, `write "${entry.value}" to ${path}`),
    );
  });
}

/** As sysctl(8): if the first separator is a slash the name is a path, else dots and slashes change places. */
export function sysctlPath(name: string): string {
  if (/^[^.]*\//.test(name)) return name;
  return name.replaceAll(/[./]/g, (separator) => (separator === '.' ? '/' : '.'));
}

/** lxc.proc.*: the parent writes them, since init's own /proc may not allow it. */
export function writeProcs({ config }: Context): readonly PlannedOp[] {
  return config.family('lxc.proc').map((entry) => {
    const file = sysctlPath(entry.name);
    const text = Buffer.from(entry.value);
    return step(
      { op: 'writeProc', args: { file, text } },
      asked(entry, `write "${entry.value}" to /proc/PID/${file} of init`),
    );
  });
}

export function setHostname({ config, spaces }: Context): readonly PlannedOp[] {
  const entry = config.one('lxc.uts.name');
  if (entry === undefined || !spaces.cloned.has('uts')) return [];
  return [
    step(
      { op: 'setHostname', args: { name: entry.value } },
      asked(entry, `set the host name ${entry.value}`),
    ),
  ];
}

export function noNewPrivileges({ config }: Context): readonly PlannedOp[] {
  const entry = config.one('lxc.no_new_privs');
  if (entry?.value !== true) return [];
  return [step({ op: 'noNewPrivs', args: {} }, asked(entry, 'set no_new_privs'))];
}

/** set*id clears it, so it is said once more behind setIds. */
export function dieWithMonitor({ config }: Context): PlannedOp {
  const entry = config.one('lxc.monitor.signal.pdeath');
  const signal = config.value('lxc.monitor.signal.pdeath');
  const act = 'ask for a signal when the monitor dies';
  return step({ op: 'pdeathsig', args: { signal } }, askedBy(entry, 'start', act));
}

export function ownBootId(): PlannedOp {
  const why = always('give the container a boot id of its own');
  return step({ op: 'bootId', args: { path: '/dev/.lxc-boot-id' } }, why, { optional: true });
}
