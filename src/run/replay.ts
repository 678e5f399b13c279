/**
 * Keeping answers for native/replay.c: a command that was answered with one program, whose grounds are known, is
 * answered by its client alone while they hold. What is kept is only ever a shortcut to what a brain would say.
 */

import { readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { fnv1a64, hex64 } from '../base/fnv.ts';
import type { Ground } from '../base/grounds.ts';
import { makeDirectories } from '../base/make-directories.ts';
import type { Config } from '../config/index.ts';
import { encodeKept, type Kept } from '../wire/grounds.ts';
import type { Program } from '../wire/program.ts';

/** More commands than a host repeats; those that nobody repeats go with the others. */
const mostKept = 256;

/** Of the u32 fields that HELLO begins with, the caller's pid, which differs each time. */
const pidAt = 8 * 4;

export function withoutPid(hello: Uint8Array): Buffer {
  const words = Buffer.from(hello);
  words.writeUInt32LE(0, pidAt);
  return words;
}

let boot: Ground | undefined;

export function bootGround(): Ground {
  const path = '/proc/sys/kernel/random/boot_id';
  boot ??= { kind: 'text', path, text: readFileSync(path, 'utf8') };
  return boot;
}

/** In the run directory `dir`. */
export function keep(dir: string, kept: Kept): void {
  const key = hex64(fnv1a64(Buffer.concat([kept.hello, Buffer.from(kept.namespaces)])));
  store(`${dir}/replay`, key, encodeKept(kept));
}

/** A file that cannot be written is not kept, and the next client asks again. */
export function store(folder: string, key: string, bytes: Buffer): void {
  try {
    makeDirectories(folder, 0o700);
    const names = readdirSync(folder);
    if (names.length >= mostKept) for (const name of names) rmSync(`${folder}/${name}`, { force: true });
    // Renamed, so that no client reads half of one.
    writeFileSync(`${folder}/.${key}`, bytes, { mode: 0o600 });
    renameSync(`${folder}/.${key}`, `${folder}/${key}`);
  } catch {
    rmSync(`${folder}/.${key}`, { force: true });
  }
}

/** A program that asks its brain on the way needs one. */
export function runsAlone({ parent, child }: Program): boolean {
  return [...parent, ...child].every(({ op }) => op !== 'call');
}

/**
 * Keys of which all that a plan looks at is written down as grounds. Others may have more behind them: with one of
 * those a start is planned anew each time.
 */
const groundedKeys: ReadonlySet<string> = new Set([
  'lxc.arch',
  'lxc.autodev',
  'lxc.autodev.tmpfs.size',
  'lxc.cap.drop',
  'lxc.cap.keep',
  'lxc.environment',
  'lxc.environment.hooks',
  'lxc.environment.runtime',
  'lxc.execute.cmd',
  'lxc.init.cmd',
  'lxc.init.cwd',
  'lxc.init.gid',
  'lxc.init.uid',
  'lxc.mount.auto',
  'lxc.mount.entry',
  'lxc.mount.fstab',
  'lxc.no_new_privs',
  'lxc.pty.max',
  'lxc.rootfs.mount',
  'lxc.signal.halt',
  'lxc.signal.reboot',
  'lxc.signal.stop',
  'lxc.tty.max',
  'lxc.uts.name',
  'lxcts.lxcfs',
]);

const groundedFamilies = ['lxc.cgroup.', 'lxc.cgroup2.', 'lxc.prlimit.', 'lxc.sysctl.', 'lxc.proc.'];

/** Whether a start from this configuration looks only where its grounds say. */
export function isGrounded({ entries }: Config): boolean {
  return entries.every(({ key, text }) => {
    if (key === 'lxc.mount.entry' && text.includes('idmap')) return false;
    if (key === 'lxc.rootfs.path') return text.startsWith('/') || text.startsWith('dir:');
    if (/^lxc\.net\.\d+\.type$/.test(key)) return text === 'empty' || text === 'none';
    return (
      groundedKeys.has(key) ||
      /^lxc\.net\.\d+\.flags$/.test(key) ||
      groundedFamilies.some((family) => key.startsWith(family))
    );
  });
}
