/**
 * A keeper at work for one test: an installation of its own with the contents of fake-server.ts, in a mount namespace of
 * its own, and readers that join it. Everything is gone when it is disposed of.
 */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  readSync,
  rmdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildSync } from 'esbuild';
import { execa } from 'execa';
import { buildNative } from '../../../scripts/native.ts';
import type { Transport } from '../../../src/run/lxcfs/serve.ts';
import { recordMagic, recordTags } from '../../../src/wire/frames.ts';
import { lxcfsFds } from '../../../src/wire/lxcfs.ts';

/** What reader.c prints; `longest` in microseconds. */
export interface Seen {
  readonly reads: number;
  readonly foreign: number;
  readonly torn: number;
  readonly errors: number;
  readonly refused: number;
  readonly errno: number;
  readonly longest: number;
}

export type Way = 'read' | 'small' | 'seek' | 'sendfile' | 'splice' | 'copy' | 'mmap';

export interface ReadRequest {
  readonly way?: Way;
  readonly file?: string;
  /** The cgroup to read from; `host` is the test's own. */
  readonly key?: string;
  /** So many times, or for so long: `500ms`. */
  readonly count: number | string;
}

/** A hierarchy where groups can be made, and the file that takes the caller's own process. */
const hierarchy = findHierarchy();

function findHierarchy(): { readonly path: string; readonly file: string } {
  for (const line of readFileSync('/proc/self/mounts', 'utf8').split('\n')) {
    const [, path = '', type, options = ''] = line.split(' ');
    if (type === 'cgroup' && /\b(pids|freezer)\b/.test(options)) return { path, file: 'tasks' };
    if (type === 'cgroup2') return { path, file: 'cgroup.procs' };
  }
  throw new Error('This machine has no cgroups');
}

export interface MountOptions {
  /** The helper that knows LXC_TS_NO_RESEND. */
  readonly faults?: boolean;
  readonly env?: Readonly<Record<string, string>>;
  readonly transport?: Transport;
}

export class Mount implements AsyncDisposable {
  readonly dir: string;
  readonly path: string;
  #keeper: ChildProcess;
  readonly #groups = new Set<string>();
  readonly #members = new Map<string, Promise<number>>();
  readonly #sleepers: ReturnType<Mount['run']>[] = [];
  readonly transport: Transport;
  readonly stderr: Promise<string>;

  private constructor(dir: string, keeper: ChildProcess, transport: Transport) {
    this.dir = dir;
    this.transport = transport;
    this.path = join(dir, 'mnt');
    this.#keeper = keeper;
    this.stderr = keeper.stderr === null ? Promise.resolve('') : text(keeper.stderr);
  }

  static async make({ faults = false, env = {}, transport = 'dev-fuse' }: MountOptions = {}): Promise<Mount> {
    const dir = install(faults);
    const mount = new Mount(dir, startKeeper(dir, env, transport), transport);
    mount.record('host', process.pid);
    await eventually('the mount answers', async () => {
      if (mount.#keeper.exitCode !== null) throw new Error(await mount.stderr);
      return existsSync(mount.seen('proc/meminfo'));
    });
    return mount;
  }

  get keeperPid(): number {
    return this.#keeper.pid ?? 0;
  }

  /** A file of the mount, for this process. */
  seen(file: string): string {
    return `/proc/${this.keeperPid}/root${this.file(file)}`;
  }

  /**
   * A file of the mount, for those in its mount namespace: in the tree that all share, or, where there is none, in that
   * of the container in the cgroup `key`.
   */
  file(file: string, key = 'host'): string {
    const top = this.transport === 'dev-fuse' || file.startsWith('by-name') || file === '';
    return join(this.path, top ? file : `by-name/${key}/${file}`);
  }

  /** The servers, the first one first. */
  servers(): readonly number[] {
    const children = readFileSync(`/proc/${this.keeperPid}/task/${this.keeperPid}/children`, 'utf8');
    return children
      .trim()
      .split(' ')
      .filter((pid) => pid !== '')
      .map(Number);
  }

  /** A number in the shared memory file. */
  shared(offset: number): number {
    const fd = openSync(`/proc/${this.keeperPid}/fd/${lxcfsFds.state}`, 'r');
    const bytes = Buffer.alloc(4);
    readSync(fd, bytes, 0, 4, offset);
    closeSync(fd);
    return bytes.readUInt32LE();
  }

  signal(signal: NodeJS.Signals): void {
    this.#keeper.kill(signal);
  }

  /** The exit status of the keeper. */
  async ended(): Promise<number | null> {
    if (this.#keeper.exitCode === null && this.#keeper.signalCode === null) await once(this.#keeper, 'exit');
    return this.#keeper.exitCode;
  }

  async read({ way = 'read', file = 'proc/meminfo', key = 'host', count }: ReadRequest): Promise<Seen> {
    if (this.transport === 'fuse-native') await this.member(key);
    const args = [this.tasks(key), way, this.file(file, key), key, String(count)];
    const { stdout } = await this.run([join(this.dir, 'reader'), ...args]);
    const seen: Seen = JSON.parse(stdout);
    return seen;
  }

  /** A process in that cgroup, and a container of its name whose init it is. */
  member(key: string): Promise<number> {
    const member = this.#members.get(key) ?? this.#join(key);
    this.#members.set(key, member);
    return member;
  }

  async #join(key: string): Promise<number> {
    if (key === 'host') return process.pid;
    const member = this.run(['sh', '-c', 'echo 0 > "$0" && exec sleep 100', this.tasks(key)]);
    this.#sleepers.push(member);
    member.catch(() => undefined);
    const pid = member.pid ?? 0;
    const isIn = () => readFileSync(`/proc/${pid}/cgroup`, 'utf8').includes(`lxcfs-test-${key}`);
    await eventually('it is in its group', isIn);
    this.record(key, pid);
    return pid;
  }

  /** How the keeper was started. */
  get arguments(): readonly string[] {
    return keeperArguments(this.dir, this.transport);
  }

  /** What another keeper says that is to mount elsewhere in the same mount namespace, and cannot. */
  async refusal(mountpoint: string): Promise<string> {
    const place = { mountpoint, pidfile: '', state: join(this.dir, 'state-2') };
    const args = keeperArguments(this.dir, this.transport, place);
    const argv = ['-t', String(this.keeperPid), '-m', '--', join(this.dir, 'bin/lxc-ts'), ...args];
    const { exitCode, stderr } = await execa('nsenter', argv, { reject: false, timeout: 20_000 });
    return `${exitCode}: ${stderr}`;
  }

  /** The record that a container of this name and init would have. */
  record(name: string, init: number): void {
    const directory = join(this.dir, 'runs/0123456789abcdef');
    mkdirSync(directory, { recursive: true });
    const entry = Buffer.alloc(24);
    entry.writeUInt32LE(16, 0);
    entry.writeUInt32LE(recordTags.init, 4);
    entry.writeUInt32LE(init, 8);
    const stat = readFileSync(`/proc/${init}/stat`, 'utf8');
    entry.writeBigUInt64LE(BigInt(/\) (?:\S+ ){19}(\d+)/.exec(stat)?.[1] ?? 0), 16);
    writeFileSync(join(directory, `${name}.record`), Buffer.concat([Buffer.from(recordMagic), entry]));
  }

  /** A process that keeps the mount namespace when the keeper is gone. */
  async observer(): Promise<AsyncDisposable & { readonly pid: number }> {
    const process = this.run(['sleep', '100']);
    const pid = process.pid ?? 0;
    await eventually('it has entered', () => existsSync(`/proc/${pid}/root${this.path}/proc/stat`));
    const ended = process.catch(() => undefined);
    return {
      pid,
      [Symbol.asyncDispose]: async () => {
        process.kill();
        await ended;
      },
    };
  }

  /** Another keeper for what a killed one has left, in the mount namespace of `pid`. */
  async adopt(server: number, pid: number): Promise<void> {
    const [, path = '', pidfile = '', , ...rest] = this.arguments;
    const argv = ['--keeper-adopt', path, pidfile, String(server), ...rest];
    this.#keeper = spawn('nsenter', ['-t', String(pid), '-m', '--', join(this.dir, 'bin/lxc-ts'), ...argv], {
      stdio: ['ignore', 'inherit', 'pipe'],
      env: { ...process.env, INVOCATION_ID: 'test' },
    });
    await eventually('it has servers', () => this.servers().length === 2);
  }

  /** A program that sees the mount. */
  run(argv: readonly string[]) {
    return execa('nsenter', ['-t', String(this.keeperPid), '-m', '--', ...argv], { timeout: 60_000 });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const sleeper of this.#sleepers) sleeper.kill();
    this.signal('SIGTERM');
    await this.ended();
    for (const group of this.#groups) await eventually(`${group} is empty`, () => removed(group));
    rmSync(this.dir, { recursive: true });
  }

  /** The file of a cgroup that takes its writer; `''` for the test's own. */
  tasks(key: string): string {
    if (key === 'host') return '';
    const group = join(hierarchy.path, `lxcfs-test-${key}`);
    mkdirSync(group, { recursive: true });
    this.#groups.add(group);
    return join(group, hierarchy.file);
  }
}

function removed(group: string): boolean {
  try {
    rmdirSync(group);
  } catch {
    return !existsSync(group);
  }
  return true;
}

function install(faults: boolean): string {
  const dir = mkdtempSync(join(tmpdir(), 'lxcfs-'));
  for (const name of ['bin', 'dist', 'libexec', 'mnt', 'state']) mkdirSync(join(dir, name));
  copyFileSync(buildNative({ faults }), join(dir, 'bin/lxc-ts'));
  symlinkSync(process.execPath, join(dir, 'libexec/node'));
  symlinkSync(join(import.meta.dirname, '../../../node_modules'), join(dir, 'node_modules'));
  const { reader, server } = made();
  copyFileSync(reader, join(dir, 'reader'));
  copyFileSync(server, join(dir, 'dist/lxcfs.cjs'));
  return dir;
}

/** Compiles what the first test would otherwise wait for. */
export function prepare(faults = false): void {
  buildNative({ faults: false });
  if (faults) buildNative({ faults });
  made();
}

let cached: { readonly reader: string; readonly server: string } | undefined;

/** The reader and the server, made once for a file of tests. */
function made(): { readonly reader: string; readonly server: string } {
  if (cached !== undefined) return cached;
  const build = join(import.meta.dirname, '../../../build');
  cached = { reader: join(build, 'lxcfs-reader'), server: join(build, 'lxcfs-server.cjs') };
  compile('gcc', ['-O1', '-Wall', '-o', cached.reader, join(import.meta.dirname, 'reader.c')]);
  buildSync({
    entryPoints: [join(import.meta.dirname, 'fake-server.ts')],
    outfile: cached.server,
    bundle: true,
    platform: 'node',
    format: 'cjs',
    define: { 'import.meta.dirname': '__dirname' },
    logLevel: 'error',
  });
  return cached;
}

function compile(command: string, args: readonly string[]): void {
  const { status } = spawnSync(command, args, { stdio: 'inherit' });
  if (status !== 0) throw new Error(`${command} failed`);
}

interface Place {
  readonly mountpoint: string;
  readonly pidfile: string;
  readonly state: string;
}

function placeIn(dir: string): Place {
  return { mountpoint: join(dir, 'mnt'), pidfile: join(dir, 'lxcfs.pid'), state: join(dir, 'state') };
}

function keeperArguments(dir: string, transport: Transport, place = placeIn(dir)): readonly string[] {
  const { mountpoint, pidfile, state } = place;
  const apart = transport === 'fuse-native';
  const settings = {
    profile: { loadavg: true },
    state,
    runs: join(dir, 'runs'),
    debug: false,
    ...(apart && { fuseNative: { mountpoint, data: '' } }),
  };
  return [
    apart ? '--keeper-apart' : '--keeper',
    ...[mountpoint, pidfile, '', state],
    JSON.stringify(settings),
  ];
}

function startKeeper(dir: string, env: Readonly<Record<string, string>>, transport: Transport): ChildProcess {
  const args = keeperArguments(dir, transport);
  const argv = ['-m', '--propagation', 'private', '--', join(dir, 'bin/lxc-ts'), ...args];
  return spawn('unshare', argv, {
    stdio: ['ignore', 'inherit', 'pipe'],
    env: { ...process.env, ...env, INVOCATION_ID: 'test' },
  });
}

export async function eventually(
  what: string,
  holds: () => boolean | Promise<boolean>,
  seconds = 20,
): Promise<void> {
  for (const end = Date.now() + seconds * 1000; !(await holds()); await sleep(20))
    if (Date.now() > end) throw new Error(`In vain waited until ${what}`);
}
