/**
 * Root file systems while their container does not run: one copied into another, one filled by a template, one changed
 * for its new name. They are mounted in a mount namespace of their own, which goes with its last process.
 */

import { type Op, stdio, where } from '../wire/ops.ts';
import type { PlannedOp, Program } from '../wire/program.ts';
import { post, step, wait } from '../wire/step.ts';
import type { IdMapping } from './idmap.ts';
import { runOnHost, writeMaps } from './mapped-command.ts';
import { ms } from './mount-flags.ts';
import { flagsOf } from './namespaces.ts';
import { isolateMounts, mountApart, type RootInputs } from './rootfs.ts';
import type { StoragePlan } from './storage/contract.ts';
import type { HookCommand } from './types.ts';

/** A place of its own in the new mount namespace. */
interface Aside {
  /** The directory of the host on which things are mounted; `undefined` maps: with the ids of the host. */
  readonly mountPoint: string;
  readonly maps: Maps | undefined;
  /** `NAME=VALUE`, the whole environment. */
  readonly env: readonly string[];
  /** Its output is nobody's business. */
  readonly quiet: boolean;
}

export interface Maps {
  readonly users: readonly IdMapping[];
  readonly groups: readonly IdMapping[];
  /** newuidmap writes them. */
  readonly isUser: boolean;
}

export interface CopyRequest extends Aside {
  readonly source: RootInputs;
  readonly target: RootInputs;
  /** The program, and the directories of the host that it needs to run. */
  readonly cp: string;
  readonly system: readonly string[];
}

/**
 * cp sees nothing but the two trees and the programs of the host: whatever is done to the trees meanwhile, no link
 * leads it anywhere else. It keeps owners, modes, times, links, devices, holes, attributes and ACLs, and shares blocks
 * where the file system can.
 */
export function planCopy(request: CopyRequest): Program {
  const { mountPoint, source, target, cp, system, env } = request;
  const from = mountApart(source, `${mountPoint}/from`, false);
  const to = mountApart(target, `${mountPoint}/to`, true);
  const argv = [cp, '-a', '-x', '--reflink=auto', '-T', '/from', '/to'];
  return aside(request, {
    attach: [...from.attach, ...to.attach],
    child: [
      makeDirectory(mountPoint),
      mountEmpty(mountPoint),
      makeDirectory(`${mountPoint}/from`),
      makeDirectory(`${mountPoint}/to`),
      ...from.mount,
      ...to.mount,
      ...system.flatMap((path) => [makeDirectory(mountPoint + path), bindReadOnly(path, mountPoint + path)]),
      openRoot(mountPoint),
      step({ op: 'pivotRoot', args: {} }, why('leave the file systems of the host')),
      runOnHost(argv, env),
    ],
  });
}

export interface FillRequest extends Aside {
  readonly target: RootInputs;
  readonly argv: readonly string[];
}

/** Runs a program of the host while the root file system is mounted at the mount point. */
export function planFill(request: FillRequest): Program {
  const { argv, env, mountPoint } = request;
  const { attach, mount } = mountedAt(request.target, mountPoint);
  return aside(request, { attach, child: [...mount, runOnHost(argv, env)] });
}

export interface RenameRequest extends Aside {
  readonly target: RootInputs;
  readonly hooks: readonly HookCommand[];
  /** The new host name, if it gets one. */
  readonly hostname: string | undefined;
}

/** Clone hooks, then the host name where the root file system has a file for it. */
export function planRename(request: RenameRequest): Program {
  const { hooks, hostname, mountPoint, env } = request;
  const { attach, mount } = mountedAt(request.target, mountPoint);
  const child = [
    ...mount,
    openRoot(mountPoint),
    ...hooks.map(({ text, env, why }) => step({ op: 'runHook', args: { text, env, root: 0 } }, why)),
    ...(hostname === undefined ? [] : [setHostname(hostname)]),
    runOnHost(['/bin/sh', '-c', ':'], env),
  ];
  return aside(request, { attach, child });
}

function setHostname(name: string): PlannedOp {
  const op: Op = { op: 'overwriteFile', args: { path: 'etc/hostname', text: Buffer.from(`${name}\n`) } };
  return step(op, why('write /etc/hostname'), { optional: true });
}

function mountedAt(target: RootInputs, mountPoint: string): StoragePlan {
  const { attach, mount } = mountApart(target, mountPoint, true);
  return { attach, mount: [makeDirectory(mountPoint), ...mount] };
}

interface Lists {
  readonly attach: readonly PlannedOp[];
  readonly child: readonly PlannedOp[];
}

function aside({ maps, quiet }: Aside, { attach, child }: Lists): Program {
  const flags = flagsOf(maps === undefined ? ['mnt'] : ['user', 'mnt']);
  const clone: Op = { op: 'clone', args: { flags, cgroup2: '', pidNamespace: '' } };
  return {
    parent: [
      ...attach,
      step(clone, why('make a mount namespace')),
      ...(maps === undefined ? [] : [...writeMaps(maps), post('startup')]),
    ],
    child: [
      ...(maps === undefined ? [] : [wait('startup')]),
      isolateMounts(),
      ...(maps === undefined ? [] : [becomeRoot()]),
      ...(quiet ? [step({ op: 'stdio', args: { mode: stdio.null, controlling: 0 } }, why('be quiet'))] : []),
      ...child,
    ],
    settings: [],
    after: 'attached',
    exit: 'status',
  };
}

function becomeRoot(): PlannedOp {
  const args = { uid: 0, gid: 0, groups: Buffer.alloc(0), keepGroups: 0 };
  return step({ op: 'setIds', args }, why('become root of the mapped ids'));
}

function why(act: string) {
  return { key: 'lxc.rootfs.path', act };
}

function mountEmpty(target: string): PlannedOp {
  const args = {
    source: 'tmpfs',
    sourceWhere: where.host,
    target,
    targetWhere: where.host,
    fstype: 'tmpfs',
    flags: ms.nosuid | ms.nodev,
    data: 'mode=0755',
    propagation: 0,
  };
  return step({ op: 'mount', args }, why(`mount an empty file system on ${target}`));
}

function makeDirectory(path: string): PlannedOp {
  return step({ op: 'mkdir', args: { path, where: where.host, mode: 0o755 } }, why(`make ${path}`));
}

function bindReadOnly(source: string, target: string): PlannedOp {
  const args = {
    source,
    sourceWhere: where.host,
    target,
    targetWhere: where.host,
    fstype: '',
    flags: ms.bind | ms.rec | ms.rdonly,
    data: '',
    propagation: 0,
  };
  return step({ op: 'mount', args }, why(`bind ${source} for the programs in it`));
}

function openRoot(path: string): PlannedOp {
  return step({ op: 'openRoot', args: { path } }, why(`open ${path}`));
}
