/** Terminals of the container: devpts, the console, and the ttys that lxc-console connects to. */

import type { RawEntry } from '../config/index.ts';
import { stdio, where } from '../wire/ops.ts';
import type { PlannedOp, Provenance } from '../wire/program.ts';
import { always, askedBy, step } from '../wire/step.ts';
import type { Context } from './context.ts';
import { hasGroup } from './idmap.ts';
import { ms } from './mount-flags.ts';
import { mkdirInside, mkfileInside, mountInside, symlinkInside } from './mount-step.ts';

interface Numbers {
  readonly ttys: number;
  readonly ptys: number;
}

/** lxc-execute offers no ttys: nothing inside would wait on them. */
function numbers({ config, request }: Context): Numbers {
  const ttys = request.kind === 'execute' ? 0 : config.value('lxc.tty.max');
  return { ttys, ptys: config.value('lxc.pty.max') };
}

/** Terminals are bound into a root file system in a mount namespace of its own, nowhere else. */
function canBind({ root, spaces }: Context): boolean {
  return root.path !== undefined && spaces.cloned.has('mnt');
}

export function hasConsole({ config }: Pick<Context, 'config'>): boolean {
  return config.value('lxc.console.path') !== 'none';
}

function hasDevpts(context: Context): boolean {
  const { ttys, ptys } = numbers(context);
  return canBind(context) && ttys + ptys > 0;
}

/** The group tty. */
const terminalGroup = 5;

export function mountDevpts(context: Context): readonly PlannedOp[] {
  if (!hasDevpts(context)) return [];
  const { ttys, ptys } = numbers(context);
  const entry = context.config.one('lxc.pty.max') ?? context.config.one('lxc.tty.max');
  const why = (act: string): Provenance => askedBy(entry, 'lxc.pty.max', act);
  const group = hasGroup(context, terminalGroup) ? `,gid=${terminalGroup}` : '';
  const data = `newinstance,ptmxmode=0666,mode=0620${group},max=${ttys + ptys}`;
  const devpts = {
    source: 'devpts',
    target: 'dev/pts',
    fstype: 'devpts',
    flags: ms.nosuid | ms.noexec,
    data,
  };
  const ptmx = { source: 'dev/pts/ptmx', within: true, target: 'dev/ptmx', flags: ms.bind };
  const mount = [
    mkdirInside(context, 'dev/pts', why('make dev/pts')),
    mountInside(context, devpts, why('mount devpts on dev/pts')),
  ];
  if (ptys === 0) return mount;
  return [
    ...mount,
    mkfileInside(context, 'dev/ptmx', why('make dev/ptmx')),
    mountInside(context, ptmx, why('bind dev/pts/ptmx on dev/ptmx')),
  ];
}

/** Names of the terminals below /dev, for `container_ttys` and for their files. */
export function ttyNames(context: Context): readonly string[] {
  const prefix = directoryOf(context);
  return Array.from({ length: numbers(context).ttys }, (_, index) => `${prefix}tty${index + 1}`);
}

function directoryOf({ config }: Context): string {
  const directory = config.value('lxc.tty.dir');
  return directory === undefined ? '' : `${directory.replace(/^\/+|\/+$/g, '')}/`;
}

export function openTerminals(context: Context): readonly PlannedOp[] {
  return [...openConsole(context), ...openTtys(context)];
}

function openConsole(context: Context): readonly PlannedOp[] {
  if (!hasConsole(context)) return [];
  const entry = context.config.one('lxc.console.path');
  const rootfs = consoleSource(context);
  if (!canBind(context)) return [openPty(0, '', entry, rootfs)];
  const why = always('make dev/console');
  const directory = directoryOf(context);
  const console = mkfileInside(context, 'dev/console', why);
  if (directory === '') return [console, openPty(0, 'dev/console', entry, rootfs)];
  const file = `dev/${directory}console`;
  const bind = { source: file, within: true, target: 'dev/console', flags: ms.bind };
  return [
    mkdirInside(context, `dev/${directory}`.replace(/\/$/, ''), why),
    mkfileInside(context, file, why),
    openPty(0, file, entry, rootfs),
    console,
    mountInside(context, bind, why),
  ];
}

/** The container's own devpts, so that ttyname works inside; unless that would take the only terminal it offers. */
function consoleSource(context: Context): number {
  return hasDevpts(context) && numbers(context).ptys > 1 ? where.rootfs : where.host;
}

function openTtys(context: Context): readonly PlannedOp[] {
  if (!canBind(context)) return [];
  const entry = context.config.one('lxc.tty.max');
  const directory = directoryOf(context);
  const made = directory !== '' && !hasConsole(context) ? [`dev/${directory}`.replace(/\/$/, '')] : [];
  const why = (act: string): Provenance => askedBy(entry, 'lxc.tty.max', act);
  return [
    ...made.map((path) => mkdirInside(context, path, why(`make ${path}`))),
    ...ttyNames(context).flatMap((name, index) => [
      mkfileInside(context, `dev/${name}`, why(`make dev/${name}`)),
      openPty(index + 1, `dev/${name}`, entry, where.rootfs),
      ...(directory === ''
        ? []
        : [symlinkInside(context, name, `dev/tty${index + 1}`, why(`link dev/tty${index + 1}`))]),
    ]),
  ];
}

function openPty(which: number, bind: string, entry: RawEntry | undefined, rootfs: number): PlannedOp {
  const name = which === 0 ? 'the console' : `tty ${which}`;
  return step({ op: 'openPty', args: { which, bind, rootfs } }, askedBy(entry, 'start', `open ${name}`));
}

/**
 * What init's standard streams are. It leads a session of its own in any case, but the console belongs to the first
 * session that takes it, a getty's or a shell's: an init that held it would get their Ctrl-C. The command of
 * lxc-execute is that session already.
 */
export function connectStdio(context: Context): PlannedOp {
  const controlling = context.request.kind === 'execute' ? 1 : 0;
  const args = { mode: streams(context), controlling };
  return step({ op: 'stdio', args }, always("connect init's standard streams"));
}

/** lxc-execute in the foreground keeps pipes and files of its caller. */
function streams(context: Context): number {
  const { kind, detach } = context.request;
  if (!hasConsole(context)) return stdio.null;
  return kind === 'start' || detach ? stdio.console : stdio.consoleForTerminals;
}
