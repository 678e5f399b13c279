/**
 * One container that has every proc view side by side, each below a directory of its own, so that the same reader goes
 * from one to the next: ours by the reader's pid (`shared`), ours by the container's name (`named`), LXCFS (`peer`), the
 * kernel's own (`raw`), and ours over fuse-native where this build can (`native`).
 */

import { type ChildProcess, execFileSync, spawn, spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const sides = ['shared', 'named', 'native', 'peer', 'raw'] as const;
export type Side = (typeof sides)[number];

export interface ViewWorld extends AsyncDisposable {
  /** Where the container has a file, `proc/meminfo`, of a side; `undefined` where the side does not serve it. */
  path(side: Side, file: string): string | undefined;
  /** What runs a program in the container. */
  command(argv: readonly string[]): readonly string[];
  /** What a program prints that runs in the container. */
  inside(argv: readonly string[]): string;
  /** Pids that answer for the sides. */
  servers(): readonly number[];
  /** Pids of our own servers alone, the first one first. */
  ours(): readonly number[];
  /** Of reader.c, in the container. */
  readonly reader: string;
  /** Why nothing is served over fuse-native. */
  readonly withoutNative: string | undefined;
}

const name = 'bench-view';
const memory = 256;
const seconds = 10;

export async function makeViewWorld(bin: string, peer: string): Promise<ViewWorld> {
  const root = mkdtempSync(join(tmpdir(), 'lxc-ts-bench-'));
  const served: Served[] = [];
  let withoutNative: string | undefined;
  const container = (verb: string, ...args: string[]) =>
    execFileSync(`${bin}/lxc-${verb}`, ['-P', root, '-n', name, ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'inherit'],
      maxBuffer: 1 << 26,
    });
  try {
    makeRootfs(join(root, 'rootfs'));
    served.push(await serve(root, 'ours', [`${bin}/lxcfs`, '--runtime-dir', join(root, 'run')]));
    served.push(await serve(root, 'peer', [peer, '-p', join(root, 'peer.pid')]));
    const native = await serveNative(root, bin);
    if (typeof native === 'string') withoutNative = native;
    else served.push(native);
    mkdirSync(join(root, name));
    writeFileSync(join(root, name, 'config'), config(root, served));
    container('start', '-d');
  } catch (error) {
    await end(root, served);
    throw error;
  }
  const at = (side: Side) => places[side].replace('NAME', name);
  return {
    path: (side, file) => {
      const [view = '', tree = ''] = at(side).split(':');
      if (side === 'raw') return existsSync(`/${file}`) ? `/${file}` : undefined;
      return existsSync(join(root, view, tree, file)) ? join('/views', view, tree, file) : undefined;
    },
    command: (argv) => [`${bin}/lxc-attach`, '-P', root, '-n', name, '--', ...argv],
    inside: (argv) => container('attach', '--', ...argv),
    servers: () => served.flatMap(({ process }) => family(process.pid ?? 0)),
    ours: () => family(served[0]?.process.pid ?? 0).slice(1),
    reader: '/reader',
    withoutNative,
    [Symbol.asyncDispose]: async () => {
      container('stop', '-k');
      await end(root, served);
    },
  };
}

/** `VIEW:TREE` of each side. */
const places: Readonly<Record<Side, string>> = {
  shared: 'ours:',
  named: 'ours:by-name/NAME',
  native: 'native:by-name/NAME',
  peer: 'peer:',
  raw: '',
};

/** The view over fuse-native, or why there is none. */
async function serveNative(root: string, bin: string): Promise<Served | string> {
  const runtime = join(root, 'run-native');
  const words = [`${bin}/lxcfs`, '--transport', 'fuse-native', '--runtime-dir', runtime];
  try {
    return await serve(root, 'native', words);
  } catch (error) {
    const { stderr } = spawnSync(words[0] ?? '', [...words.slice(1), join(root, 'native')], {
      encoding: 'utf8',
      timeout: seconds * 1000,
    });
    return stderr.trim().split('\n').at(-1) || String(error);
  }
}

export interface Served {
  readonly name: string;
  readonly directory: string;
  readonly process: ChildProcess;
}

export async function serve(root: string, name: string, [file = '', ...args]: string[]): Promise<Served> {
  const directory = join(root, name);
  for (const one of [directory, join(root, 'run'), join(root, 'run-native')])
    mkdirSync(one, { recursive: true });
  const process = spawn(file, [...args, directory], { stdio: 'ignore' });
  const answers = () => ['proc/meminfo', 'by-name'].some((one) => existsSync(join(directory, one)));
  for (const until = Date.now() + seconds * 1000; !answers(); ) {
    if (Date.now() > until || process.exitCode !== null)
      throw new Error(`${file} does not serve ${directory}`);
    await new Promise((wake) => setTimeout(wake, 50));
  }
  return { name, directory, process };
}

export async function end(root: string, served: readonly Served[]): Promise<void> {
  for (const { process } of served) {
    const ended = new Promise((done) => process.once('exit', done));
    process.kill('SIGTERM');
    await ended;
  }
  rmSync(root, { recursive: true });
}

/** A process and its children. */
export function family(pid: number): readonly number[] {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim();
  return [
    pid,
    ...children
      .split(' ')
      .filter((one) => one !== '')
      .map(Number),
  ];
}

const config = (root: string, served: readonly Served[]) => `lxc.uts.name = ${name}
lxc.rootfs.path = dir:${join(root, 'rootfs')}
lxc.init.cmd = /bin/sleep 100000
lxc.net.0.type = empty
lxc.mount.auto = proc:mixed sys:ro
lxc.cgroup.memory.limit_in_bytes = ${memory}M
lxc.signal.halt = SIGKILL
lxcts.lxcfs = off
${served.map((one) => `lxc.mount.entry = ${one.directory} views/${one.name} none bind,create=dir 0 0\n`).join('')}`;

export function makeRootfs(rootfs: string): void {
  for (const dir of ['bin', 'dev', 'etc', 'proc', 'sys', 'tmp', 'views'])
    mkdirSync(join(rootfs, dir), { recursive: true });
  execFileSync('cp', ['/bin/busybox', join(rootfs, 'bin/sleep')]);
  const source = new URL('reader.c', import.meta.url).pathname;
  execFileSync('cc', ['-O2', '-static', '-o', join(rootfs, 'reader'), source]);
  writeFileSync(join(rootfs, 'etc/passwd'), 'root:x:0:0::/:/bin/sh\n');
}

/** The files that our view has of `proc` and the CPU directory, for a table. */
export function filesOf(world: ViewWorld): readonly string[] {
  const proc = readdirSync('/proc').filter((file) => /^[a-z]+$/.test(file) && file !== 'pressure');
  const candidates = [
    ...proc.map((file) => `proc/${file}`),
    ...['cpu', 'io', 'memory'].map((file) => `proc/pressure/${file}`),
    ...['online', 'possible', 'present', 'offline'].map((file) => `sys/devices/system/cpu/${file}`),
  ];
  return candidates.filter((file) => world.path('shared', file) !== undefined).sort();
}
