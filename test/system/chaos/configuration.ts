/** The container of a scenario: its configuration, its root file system, its hooks. */

import { spawnSync } from 'node:child_process';
import {
  chownSync,
  copyFileSync,
  existsSync,
  lchownSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { copyRootfs } from '../harness/rootfs.ts';
import type { Scope } from '../harness/scope.ts';
import type { Hook, Pool, Scenario, Shape } from './scenario.ts';

export const bridge = 'chaosbr0';

/** The interface that the `worker`th lends. */
export function nicOf(worker: number): string {
  return `chaosnic${worker}`;
}

const base = 100_000;
const imagePath = '/var/lib/lxc/.chaos.img';

/** By name; `$DIR` is the directory of the container. */
const extras: Readonly<Record<string, readonly string[]>> = {
  auto: ['lxc.mount.auto = proc:mixed sys:mixed cgroup:mixed:force'],
  tmpfs: ['lxc.mount.entry = tmpfs srv tmpfs size=64k 0 0', 'lxc.mount.entry = tmpfs tmp tmpfs size=64k 0 0'],
  bind: ['lxc.mount.entry = $DIR/bound mnt none bind,ro 0 0'],
  'optional bind': ['lxc.mount.entry = $DIR/absent mnt none bind,optional 0 0'],
  'bad bind': ['lxc.mount.entry = $DIR/absent mnt none bind 0 0'],
  terminals: ['lxc.tty.max = 2', 'lxc.pty.max = 8', 'lxc.tty.dir = lxc'],
  console: ['lxc.console.logfile = $DIR/console.log', 'lxc.console.buffer.size = 4096'],
  limits: ['lxc.cgroup.memory.limit_in_bytes = 64M', 'lxc.cgroup.pids.max = 50'],
  'bad limit': ['lxc.cgroup.cpuset.cpus = 999'],
  devices: [
    'lxc.cgroup.devices.deny = a',
    'lxc.cgroup.devices.allow = c *:* m',
    'lxc.cgroup.devices.allow = c 136:* rwm',
    'lxc.cgroup.devices.allow = c 1:* rwm',
    'lxc.cgroup.devices.allow = c 5:* rwm',
  ],
  seccomp: ['lxc.seccomp.profile = $DIR/policy'],
  'no view': ['lxcts.lxcfs = off'],
  survivor: ['lxc.monitor.signal.pdeath = 0'],
  'cgroup directories': ['lxc.cgroup.dir.container.inner = inner'],
  ids: ['lxc.init.uid = 1000', 'lxc.init.gid = 1000'],
  mapped: [`lxc.idmap = u 0 ${base} 65536`, `lxc.idmap = g 0 ${base} 65536`],
  unshared: ['lxc.monitor.unshare = 1'],
};

const policy = '2\ndenylist\nreboot errno 1\nkexec_load errno 1\n';

/** What this machine can do. The image is made once. */
export function makePool(scope: Scope): Pool {
  const tree = scope.directory();
  copyRootfs(join(tree, 'rootfs'));
  writeFileSync(join(tree, 'rootfs/reboots'), rebootingInit, { mode: 0o755 });
  writeFileSync(scope.file(imagePath, ''), Buffer.alloc(8 << 20));
  const made = spawnSync('mkfs.ext4', ['-q', '-F', '-d', join(tree, 'rootfs'), imagePath]);
  const loops = made.status === 0 && existsSync('/dev/loop-control');
  return {
    extras: Object.keys(extras),
    rootfs: loops ? ['dir', 'overlay', 'loop'] : ['dir', 'overlay'],
  };
}

/** Hooks that hang do so while these are there. */
export function hangFiles(dir: string): readonly string[] {
  return [join(dir, 'hang'), join(dir, 'rootfs/hang')];
}

export function makeContainer(dir: string, { shape }: Scenario, worker: number): void {
  for (const part of ['bound', 'delta']) mkdirSync(join(dir, part), { recursive: true });
  const rootfs = join(dir, 'rootfs');
  copyRootfs(rootfs);
  writeFileSync(join(dir, 'policy'), policy);
  for (const file of hangFiles(dir)) writeFileSync(file, '');
  writeFileSync(join(dir, 'config'), `${configLines(dir, shape, worker).join('\n')}\n`);
  writeFileSync(join(rootfs, 'reboots'), rebootingInit, { mode: 0o755 });
  for (const { kind, manner } of shape.hooks)
    writeFileSync(join(isInside(kind) ? rootfs : dir, `hook-${kind}`), hookText(manner), { mode: 0o755 });
  if (shape.rootfs === 'loop') copyFileSync(imagePath, join(dir, 'image'));
  if (shape.extras.includes('mapped')) for (const part of ['rootfs', 'delta']) give(join(dir, part));
}

/** Reboots once: what it leaves lies in its root file system. */
const rebootingInit = `#!/bin/sh
[ -e /out/again ] && exec /bin/sleep 1000
: > /out/again
exec /bin/reboot -f
`;

function hookText(manner: Hook['manner']): string {
  const does: Record<Hook['manner'], string> = {
    good: 'exit 0',
    fails: 'echo no luck; exit 3',
    slow: 'sleep 0.05',
    // A mounted overlay need not see that a file of its lower layer is gone, so not for ever.
    hangs: 'cd "$(dirname "$0")"; n=0; while [ -e hang ] && [ $n -lt 150 ]; do sleep 0.02; n=$((n+1)); done',
  };
  return `#!/bin/sh\n${does[manner]}\n`;
}

function isInside(kind: Hook['kind']): boolean {
  return kind === 'start';
}

function configLines(dir: string, shape: Shape, worker: number): string[] {
  const lines = [
    `lxc.rootfs.path = ${rootfsPath(dir, shape)}`,
    `lxc.init.cmd = ${initOf(shape)}`,
    'lxc.uts.name = chaos',
    ...(shape.extras.includes('auto') ? [] : ['lxc.mount.auto = proc']),
    ...shape.net.flatMap((net, index) => networkLines(net, index, worker)),
    ...shape.extras.flatMap((name) => extras[name] ?? []),
    ...shape.hooks.map(
      ({ kind }) => `lxc.hook.${kind} = ${isInside(kind) ? `/hook-${kind}` : `${dir}/hook-${kind}`}`,
    ),
  ];
  return lines.map((line) => line.replaceAll('$DIR', dir));
}

function rootfsPath(dir: string, { rootfs }: Shape): string {
  if (rootfs === 'overlay') return `overlay:${dir}/rootfs:${dir}/delta`;
  return rootfs === 'loop' ? `loop:${dir}/image` : `dir:${dir}/rootfs`;
}

function initOf({ init }: Shape): string {
  const commands = { stays: '/bin/sleep 1000', ends: '/bin/true', missing: '/absent', reboots: '/reboots' };
  return commands[init];
}

function networkLines(net: Shape['net'][number], index: number, worker: number): string[] {
  const key = `lxc.net.${index}`;
  const lines = [`${key}.type = ${net}`];
  if (net === 'none') return lines;
  if (net === 'veth' || net === 'macvlan') lines.push(`${key}.link = ${bridge}`, `${key}.name = eth${index}`);
  if (net === 'veth') lines.push(`${key}.ipv4.address = 10.9.0.2/24`);
  if (net === 'macvlan') lines.push(`${key}.macvlan.mode = bridge`);
  if (net === 'phys') lines.push(`${key}.link = ${nicOf(worker)}`, `${key}.name = wan`, `${key}.mtu = 1300`);
  return [...lines, `${key}.flags = up`];
}

/** The binaries are shared with other containers, who need not own them. */
function give(path: string): void {
  const stats = lstatSync(path);
  if (!stats.isFile()) lchownSync(path, base, base);
  else if (stats.nlink === 1) chownSync(path, base, base);
  if (!stats.isDirectory()) return;
  for (const name of readdirSync(path)) give(join(path, name));
}
