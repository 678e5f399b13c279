/**
 * The containers that the benchmark drives: one busybox root file system, the same configuration for both sides,
 * in a directory of its own that is removed at the end.
 */

import { execFileSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface World extends Disposable {
  /** Directory with the commands of either side. */
  readonly ours: string;
  readonly theirs: string;
  readonly lxcpath: string;
  /** Compiled stopwatch. */
  readonly pair: string;
}

const config = (name: string, rootfs: string) => `lxc.uts.name = ${name}
lxc.rootfs.path = dir:${rootfs}
lxc.init.cmd = /bin/sleep 100000
lxc.net.0.type = empty
lxc.tty.max = 4
lxc.pty.max = 1024
lxc.mount.auto = proc:mixed sys:ro cgroup:mixed
lxc.mount.entry = tmpfs dev/shm tmpfs rw,nosuid,nodev,create=dir 0 0
lxc.signal.halt = SIGKILL
lxcts.lxcfs = off
`;

function makeRootfs(rootfs: string): void {
  for (const dir of ['bin', 'dev', 'etc', 'proc', 'sys', 'tmp'])
    mkdirSync(join(rootfs, dir), { recursive: true });
  cpSync('/bin/busybox', join(rootfs, 'bin/busybox'));
  for (const applet of ['sh', 'sleep', 'true']) symlinkSync('busybox', join(rootfs, 'bin', applet));
  writeFileSync(join(rootfs, 'etc/passwd'), 'root:x:0:0::/:/bin/sh\n');
}

/** Containers `bench-a` (ours) and `bench-b` (theirs), and `bench-a-1`... for the rows that want many. */
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
  return { ours, theirs, lxcpath, pair, [Symbol.dispose]: () => rmSync(root, { recursive: true }) };
}
