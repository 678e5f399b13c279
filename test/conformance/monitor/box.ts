/** A small busybox container as a program, for tests of the monitor: cgroups everywhere, a console, two ttys. */

import { execFileSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, readFileSync, symlinkSync } from 'node:fs';
import type { Op } from '../../../src/wire/ops.ts';
import { stdio, where } from '../../../src/wire/ops.ts';
import type { PlannedOp, Program } from '../../../src/wire/program.ts';

const namespaces = {
  mnt: 0x0002_0000,
  cgroup: 0x0200_0000,
  uts: 0x0400_0000,
  ipc: 0x0800_0000,
  pid: 0x2000_0000,
};
const cloneFlags = namespaces.mnt + namespaces.uts + namespaces.ipc + namespaces.pid;

export interface Box {
  readonly name: string;
  readonly lxcpath: string;
  readonly argv: readonly string[];
  readonly detach?: boolean;
  readonly settings?: readonly Op[];
  /** The monitor gets a cgroup of its own, and leaves it at the end. */
  readonly ownCgroup?: boolean;
  /** Init lives on when its monitor dies. */
  readonly survives?: boolean;
  /** The monitor knows of the unified hierarchy only. */
  readonly unifiedOnly?: boolean;
  readonly after?: Program['after'];
  readonly exit?: Program['exit'];
}

interface Hierarchy {
  readonly controllers: string;
  readonly mount: string;
}

/** A root file system with a static busybox under every name that the tests use. */
export function makeRoot(root: string): void {
  for (const dir of ['bin', 'dev', 'proc', 'sys', 'tmp', 'etc'])
    mkdirSync(`${root}/${dir}`, { recursive: true });
  if (existsSync(`${root}/bin/busybox`)) return;
  copyFileSync(execFileSync('which', ['busybox']).toString().trim(), `${root}/bin/busybox`);
  for (const name of [
    'sh',
    'cat',
    'echo',
    'sleep',
    'stty',
    'tty',
    'id',
    'ls',
    'env',
    'readlink',
    'kill',
    'hostname',
    'ps',
  ])
    symlinkSync('busybox', `${root}/bin/${name}`);
}

/** Hierarchies that are mounted, with the directory of each. */
export function hierarchies(): Hierarchy[] {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').trim().split('\n');
  const found: Hierarchy[] = [];
  for (const line of lines) {
    const [before = '', after = ''] = line.split(' - ');
    const mount = before.split(' ')[4] ?? '';
    const [type, , options = ''] = after.split(' ');
    if (type === 'cgroup2') found.push({ controllers: '', mount });
    if (type === 'cgroup') found.push({ controllers: controllersOf(options), mount });
  }
  return found;
}

const flags = new Set(['rw', 'ro', 'xattr', 'none', 'clone_children', 'noprefix']);

function controllersOf(options: string): string {
  return options
    .split(',')
    .filter((option) => !flags.has(option) && !option.startsWith('release_agent'))
    .join(',');
}

export const cgroupPath = (box: Box) => `/lxc.payload.${box.name}`;

const why = { key: 'test', act: 'test' };
const planned = (op: Op, undo: readonly Op[] = []): PlannedOp => ({ ...op, why, undo });

type MountArgs = Extract<Op, { op: 'mount' }>['args'];

function mountOp(args: Partial<MountArgs>): PlannedOp {
  const none = { source: '', target: '', fstype: '', flags: 0, data: '', propagation: 0 };
  const inside = { sourceWhere: where.host, targetWhere: where.rootfs };
  return planned({ op: 'mount', args: { ...none, ...inside, ...args } });
}

const mount = (source: string, target: string, fstype: string, data = '') =>
  mountOp({ source, target, fstype, data });

const recursiveBind = 0x1000 + 0x4000;
const recursivePrivate = 0x4_0000 + 0x4000;

function childOps(box: Box): PlannedOp[] {
  const root = `${box.lxcpath}/${box.name}/rootfs`;
  const joins = hierarchies().filter((one) => one.controllers !== '');
  return [
    mountOp({ target: '/', targetWhere: where.host, propagation: recursivePrivate }),
    mountOp({ source: root, target: root, targetWhere: where.host, flags: recursiveBind }),
    planned({ op: 'openRoot', args: { path: root } }),
    mount('proc', '/proc', 'proc'),
    mount('tmpfs', '/dev', 'tmpfs', 'mode=755'),
    ...['null', 'zero', 'tty', 'random', 'urandom'].map(node),
    planned({ op: 'mkdir', args: { path: '/dev/pts', where: where.rootfs, mode: 0o755 } }),
    mount('devpts', '/dev/pts', 'devpts', 'newinstance,ptmxmode=0666,mode=0620,gid=5'),
    planned({ op: 'symlink', args: { target: 'pts/ptmx', path: '/dev/ptmx', where: where.rootfs } }),
    ...joins.map((one) =>
      planned({ op: 'joinCgroup', args: { file: `${one.mount}${cgroupPath(box)}/tasks` } }),
    ),
    planned({ op: 'setHostname', args: { name: box.name } }),
    planned({ op: 'openPty', args: { which: 0, bind: '/dev/console', rootfs: 1 } }),
    planned({ op: 'openPty', args: { which: 1, bind: '/dev/tty1', rootfs: 1 } }),
    planned({ op: 'openPty', args: { which: 2, bind: '/dev/tty2', rootfs: 1 } }),
    planned({ op: 'pivotRoot', args: {} }),
    planned({ op: 'stdio', args: { mode: stdio.console, controlling: 1 } }),
    ...(box.survives === true ? [planned({ op: 'pdeathsig', args: { signal: 0 } })] : []),
    planned({
      op: 'exec',
      args: { argv: box.argv, env: ['PATH=/bin', 'container=lxc'] },
    }),
  ];
}

const numbers: Readonly<Record<string, number>> = { null: 3, zero: 5, random: 8, urandom: 9 };

function node(name: string): PlannedOp {
  const device = name === 'tty' ? 5 * 256 : 256 + (numbers[name] ?? 3);
  return planned({
    op: 'mknod',
    args: { path: `/dev/${name}`, where: where.rootfs, mode: 0o020666, device, fallback: `/dev/${name}` },
  });
}

function parentOps(box: Box): PlannedOp[] {
  const path = cgroupPath(box);
  const all = hierarchies();
  const unified = all.find((one) => one.controllers === '');
  const cgroups = all.map((one) => `${one.mount}${path}`);
  return [
    planned({ op: 'bindCommand', args: { name: `${box.lxcpath}/${box.name}/command` } }),
    planned({
      op: 'openRecord',
      args: { path: `/run/lxc-ts/nmon/${box.name}.record`, head: Buffer.from('{}') },
    }),
    ...cgroups.map((dir) =>
      planned({ op: 'mkdirCgroup', args: { path: dir, shared: 0 } }, [
        { op: 'rmdirCgroup', args: { path: dir, shared: 0 } },
      ]),
    ),
    ...all.filter((one) => one.controllers.includes('cpuset')).flatMap((one) => cpuset(one.mount, path)),
    ...(box.ownCgroup === true ? monitorCgroups(box, all) : []),
    ...(box.detach === false
      ? []
      : [planned({ op: 'detach', args: { cgroup2: monitorCgroup2(box, unified) } })]),
    ...(box.ownCgroup === true ? monitorJoins(box, all) : []),
    planned({
      op: 'clone',
      args: { flags: cloneFlags, cgroup2: unified ? `${unified.mount}${path}` : '', pidNamespace: '' },
    }),
  ];
}

const monitorPath = (box: Box) => `/lxc.monitor.${box.name}`;
const monitorCgroup2 = (box: Box, unified: Hierarchy | undefined) =>
  box.ownCgroup === true && unified ? `${unified.mount}${monitorPath(box)}` : '';
const v1Only = (all: readonly Hierarchy[]) => all.filter((one) => one.controllers !== '');

function monitorCgroups(box: Box, all: readonly Hierarchy[]): PlannedOp[] {
  const dirs = all.map((one) => `${one.mount}${monitorPath(box)}`);
  return [
    ...all.map((one) => planned({ op: 'mkdirCgroup', args: { path: `${one.mount}${pivot}`, shared: 1 } })),
    ...dirs.map((path) =>
      planned({ op: 'mkdirCgroup', args: { path, shared: 0 } }, [
        { op: 'rmdirCgroup', args: { path, shared: 0 } },
      ]),
    ),
    ...all
      .filter((one) => one.controllers.includes('cpuset'))
      .flatMap((one) => [...cpuset(one.mount, monitorPath(box)), ...cpuset(one.mount, pivot)]),
  ];
}

const pivot = '/lxc.nmon-pivot';
const tasksOf = (path: string, all: readonly Hierarchy[]) =>
  v1Only(all).map((one) => `${one.mount}${path}/tasks`);

const monitorJoins = (box: Box, all: readonly Hierarchy[]) =>
  tasksOf(monitorPath(box), all).map((file) => planned({ op: 'joinCgroup', args: { file } }));

function pivotSetting(): Op {
  const all = hierarchies();
  const unified = all.find((one) => one.controllers === '');
  const cgroup2 = unified ? `${unified.mount}${pivot}` : '';
  return { op: 'setPivot', args: { tasks: tasksOf(pivot, all), cgroup2 } };
}

/** The pivot cgroup is shared and stays; tests take it away. */
export const pivotDirs = () => hierarchies().map((one) => `${one.mount}${pivot}`);

function cpuset(mountPoint: string, path: string): PlannedOp[] {
  return ['cpuset.cpus', 'cpuset.mems'].map((file) =>
    planned({
      op: 'writeFile',
      args: {
        path: `${mountPoint}${path}/${file}`,
        text: readFileSync(`${mountPoint}/${file}`),
        flags: 0,
        mode: 0,
      },
    }),
  );
}

function settings(box: Box): Op[] {
  const path = cgroupPath(box);
  return [
    { op: 'setName', args: { name: box.name, lxcpath: box.lxcpath } },
    { op: 'setInit', args: { stop: 9, clone: cloneFlags } },
    ...hierarchies()
      .filter((one) => box.unifiedOnly !== true || one.controllers === '')
      .map(
        (one): Op => ({
          op: 'setCgroup',
          args: {
            controllers: one.controllers,
            path,
            limitPath: path,
            dir: `${one.mount}${path}`,
            limitDir: `${one.mount}${path}`,
          },
        }),
      ),
    { op: 'setItem', args: { key: 'lxc.group', value: 'onboot\nweb' } },
    { op: 'setItem', args: { key: 'lxc.uts.name', value: box.name } },
    { op: 'setItem', args: { key: 'lxc.start.auto', value: '0' } },
    { op: 'setFifo', args: { path: `/run/lxc/${box.lxcpath}/monitor-fifo` } },
    ...(box.ownCgroup === true ? [pivotSetting()] : []),
    ...(box.settings ?? []),
  ];
}

/** A new monitor for a container whose monitor died. */
export function adoptProgram(box: Box, pid: number, startTime: number): Program {
  const program = boxProgram(box);
  const kept = program.parent.filter((one) => one.op !== 'clone' && one.op !== 'writeFile');
  const parent = kept.map((one) =>
    one.op === 'mkdirCgroup' ? { ...one, args: { ...one.args, shared: 1 } } : one,
  );
  const forget = planned({ op: 'unlink', args: { path: `/run/lxc-ts/nmon/${box.name}.record` } });
  const adopt = planned({ op: 'adopt', args: { pid, startTime } });
  return { ...program, child: [], parent: [forget, ...parent, adopt] };
}

export function boxProgram(box: Box): Program {
  return {
    parent: parentOps(box),
    child: childOps(box),
    settings: settings(box),
    after: box.after ?? 'monitor',
    exit: box.exit ?? 'zero',
  };
}
