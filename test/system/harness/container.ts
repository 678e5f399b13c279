/** A container under test: its directory, its commands, and what can be seen of it from inside and outside. */

import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { lxc, type Result, type RunOptions, run } from './commands.ts';
import { eventually } from './eventually.ts';
import { type Probe, parseProbe } from './probe.ts';
import { kept } from './proof.ts';
import { copyRootfs } from './rootfs.ts';

export interface ContainerOptions {
  readonly name?: string;
  /** Lines added to the base configuration. */
  readonly config?: readonly string[];
  /** Without the base configuration: `config` is the whole file. */
  readonly bare?: boolean;
  /** Environment of every command on this container. */
  readonly env?: Readonly<Record<string, string>>;
}

export class Container {
  readonly name: string;
  readonly dir: string;
  readonly rootfs: string;
  readonly configFile: string;
  readonly #env: Readonly<Record<string, string>>;

  constructor(name: string, options: ContainerOptions) {
    this.name = name;
    this.dir = join('/var/lib/lxc', name);
    this.rootfs = join(this.dir, 'rootfs');
    this.configFile = join(this.dir, 'config');
    this.#env = options.env ?? {};
    mkdirSync(this.dir, { recursive: true });
    copyRootfs(this.rootfs);
    this.writeConfig([...(options.bare === true ? [] : this.baseConfig()), ...(options.config ?? [])]);
  }

  /** Starts the probe as init; it reports to /out/probe.json and stays. */
  baseConfig(): string[] {
    return [
      `lxc.rootfs.path = dir:${this.rootfs}`,
      'lxc.init.cmd = /probe --out /out/probe.json --stay',
      'lxc.mount.auto = proc',
    ];
  }

  writeConfig(lines: readonly string[]): void {
    const text = lines.map((line) => line.replaceAll('$ROOTFS', this.rootfs).replaceAll('$DIR', this.dir));
    writeFileSync(this.configFile, `${kept(text).join('\n')}\n`);
  }

  /** Makes a shell script inside, for an init or a hook; answers its path inside. */
  script(path: string, text: string): string {
    writeFileSync(join(this.rootfs, path), `#!/bin/sh\n${text}\n`, { mode: 0o755 });
    return path;
  }

  /** Config lines added to those that are there. */
  configure(...lines: string[]): void {
    this.writeConfig([...readFileSync(this.configFile, 'utf8').trimEnd().split('\n'), ...lines]);
  }

  /** `lxc-VERB -n NAME ...`. */
  run(verb: string, args: readonly string[] = [], options: RunOptions = {}): Promise<Result> {
    return lxc(verb, ['-n', this.name, ...args], { ...options, env: { ...this.#env, ...options.env } });
  }

  async start(args: readonly string[] = [], options: RunOptions = {}): Promise<void> {
    const started = await this.run('start', ['-d', ...args], options);
    if (started.status === 0) return;
    throw new Error(`lxc-start ended with ${started.status}\n${started.stdout}${started.stderr}`);
  }

  async stop(): Promise<void> {
    const stopped = await this.run('stop', ['-k']);
    if (stopped.status !== 0) throw new Error(`lxc-stop ended with ${stopped.status}\n${stopped.stderr}`);
  }

  attach(argv: readonly string[], args: readonly string[] = [], options: RunOptions = {}): Promise<Result> {
    return this.run('attach', [...args, '--', ...argv], options);
  }

  async state(): Promise<string> {
    return (await this.run('info', ['-s', '-H'])).stdout.trim();
  }

  async initPid(): Promise<number> {
    const pid = Number((await this.run('info', ['-p', '-H'])).stdout);
    if (!(pid > 0)) throw new Error(`${this.name} has no init`);
    return pid;
  }

  /** What the probe as init reported. */
  async probe(): Promise<Probe> {
    const file = join(this.rootfs, 'out/probe.json');
    await eventually(() => existsSync(file), `the probe in ${this.name} reports`);
    return parseProbe(readFileSync(file, 'utf8'));
  }

  /** What a probe sees that is attached with `args`. */
  async attachedProbe(args: readonly string[] = [], options: RunOptions = {}): Promise<Probe> {
    const seen = await this.attach(['/probe'], args, options);
    if (seen.status !== 0) throw new Error(`lxc-attach ended with ${seen.status}\n${seen.stderr}`);
    return parseProbe(seen.stdout);
  }

  /** Signals that the staying probe got so far. */
  signals(): string[] {
    const file = join(this.rootfs, 'out/probe.json.signals');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  }

  /** A file as its path is inside; `undefined` where it is absent. */
  read(path: string): string | undefined {
    const file = join(this.rootfs, path);
    return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
  }

  /** `ip -json ARGS` inside the network namespace of the container. */
  async ip(args: readonly string[]): Promise<unknown> {
    const pid = await this.initPid();
    const done = await run('nsenter', ['-t', String(pid), '-n', 'ip', '-json', '-details', ...args]);
    if (done.status !== 0) throw new Error(`ip ${args.join(' ')} failed inside: ${done.stderr}`);
    return JSON.parse(done.stdout === '' ? '[]' : done.stdout);
  }

  /** The value of a kernel cgroup file of the payload: `cgroupFile('memory', 'memory.limit_in_bytes')`. */
  cgroupFile(controller: string, file: string): string {
    return readFileSync(join(this.cgroupDir(controller), file), 'utf8').trim();
  }

  cgroupDir(controller: string): string {
    const top = controller === 'unified' ? '/sys/fs/cgroup/unified' : `/sys/fs/cgroup/${controller}`;
    return join(top, `lxc.payload.${this.name}`);
  }

  namespace(kind: string, pid: number): string {
    return readlinkSync(`/proc/${pid}/ns/${kind}`);
  }

  /** Ends the container however it is, and removes its directory. */
  async remove(): Promise<void> {
    if (['RUNNING', 'FROZEN', 'STARTING'].includes(await this.state())) await this.run('stop', ['-k']);
    rmSync(this.dir, { recursive: true, force: true });
  }

  entries(path: string): string[] {
    return readdirSync(join(this.rootfs, path)).sort();
  }
}
