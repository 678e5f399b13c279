/**
 * The containers that the benchmark drives: one busybox root file system, the same configuration for both sides,
 * in a directory of its own that is removed at the end.
 */

import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** Ours are `a`, the peer's `b`. */
export type Side = 'a' | 'b';

export interface World extends Disposable {
  /** Directory with the commands of either side. */
  readonly ours: string;
  readonly theirs: string;
  /** Of this run, for whatever else a row needs. */
  readonly root: string;
  readonly lxcpath: string;
  readonly rootfs: string;
  /** Compiled stopwatch. */
  readonly pair: string;
}

/** What every command of the benchmark has as its environment. */
export const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', LANG: 'C.UTF-8' };

export const config = (name: string, rootfs: string, ttys = 4) => `lxc.uts.name = ${name}
lxc.rootfs.path = dir:${rootfs}
lxc.init.cmd = /bin/sleep 100000
lxc.net.0.type = empty
lxc.tty.max = ${ttys}
lxc.pty.max = 1024
lxc.mount.auto = proc:mixed sys:ro cgroup:mixed
lxc.mount.entry = tmpfs dev/shm tmpfs rw,nosuid,nodev,create=dir 0 0
lxc.signal.halt = SIGKILL
lxcts.lxcfs = off
`;

export function makeRootfs(rootfs: string): void {
  for (const dir of ['bin', 'dev', 'etc', 'proc', 'sys', 'tmp'])
    mkdirSync(join(rootfs, dir), { recursive: true });
  cpSync('/bin/busybox', join(rootfs, 'bin/busybox'));
  for (const applet of ['sh', 'sleep', 'true']) symlinkSync('busybox', join(rootfs, 'bin', applet));
  writeFileSync(join(rootfs, 'etc/passwd'), 'root:x:0:0::/:/bin/sh\n');
}

/** Containers `bench-a` (ours) and `bench-b` (theirs); rows that want others define them below `root`. */
export function makeWorld(ours: string, theirs: string): World {
  const root = mkdtempSync(join(tmpdir(), 'lxc-ts-bench-'));
  const lxcpath = join(root, 'lxc');
  const rootfs = join(root, 'rootfs');
  makeRootfs(rootfs);
  for (const name of ['bench-a', 'bench-b']) {
    mkdirSync(join(lxcpath, name), { recursive: true });
    writeFileSync(join(lxcpath, name, 'config'), config(name, rootfs));
  }
  const pair = join(root, 'pair');
  execFileSync('cc', ['-O2', '-o', pair, new URL('pair.c', import.meta.url).pathname]);
  const world = { ours, theirs, root, lxcpath, rootfs, pair };
  return { ...world, [Symbol.dispose]: () => end(world) };
}

function end(world: Omit<World, typeof Symbol.dispose>): void {
  stopBoth(world);
  spawnSync(join(world.ours, 'lxcd'), ['--stop'], { stdio: 'ignore', env: environment });
  rmSync(world.root, { recursive: true });
  // Both sides leave the lock of each container that they had.
  rmSync(join('/run/lxc/lock', world.root), { recursive: true, force: true });
}

/** After a row that failed in the middle, or was interrupted; most often neither of them runs. */
export function stopBoth(world: Omit<World, typeof Symbol.dispose>): void {
  for (const side of ['a', 'b'] as const) {
    const args = ['-k', '-P', world.lxcpath, '-n', `bench-${side}`];
    spawnSync(toolOf(side, world, 'lxc-stop'), args, { stdio: 'ignore', env: environment });
  }
}

/** The words of a command of one side. */
export function toolOf(side: Side, { ours, theirs }: Pick<World, 'ours' | 'theirs'>, tool: string): string {
  return join(side === 'a' ? ours : theirs, tool);
}
