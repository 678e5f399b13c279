/**
 * A host in a network namespace of its own, and containers that the native helper starts there with the ops of a
 * network plan; `ip -j` looks at the result. Needs root, a C compiler and iproute2.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildNative } from '../../../scripts/native.ts';
import type { NetworkPlan } from '../../../src/plan/network-contract.ts';
import { type Op, syncMode, syncPoints } from '../../../src/wire/ops.ts';
import type { Program } from '../../../src/wire/program.ts';
import { FakeBrain, planned, program, type Result } from '../fake-brain.ts';

/** The helper, compiled where it has changed, and a place for its wrappers. */
export class Workshop implements Disposable {
  readonly #dir = mkdtempSync(join(tmpdir(), 'lxc-ts-network-'));
  readonly helper = buildNative();

  /** The helper as a command of the namespace that `prefix` enters. */
  commandIn(prefix: readonly string[], id: number): string {
    const file = join(this.#dir, `lxc-ts-in-${id}`);
    writeFileSync(file, `#!/bin/sh\nexec ${prefix.join(' ')} ${this.helper} "$@"\n`, { mode: 0o755 });
    return file;
  }

  [Symbol.dispose](): void {
    rmSync(this.#dir, { recursive: true });
  }
}

export class World implements AsyncDisposable {
  readonly #host: ChildProcess;
  readonly #command: string;
  readonly #containers: Container[] = [];

  static async open(workshop: Workshop): Promise<World> {
    return new World(workshop, await holdNamespace());
  }

  private constructor(workshop: Workshop, host: ChildProcess) {
    this.#host = host;
    this.#command = workshop.commandIn(enter(pidOf(host)), pidOf(host));
  }

  get hostPid(): number {
    return pidOf(this.#host);
  }

  /** Run a program on the host. */
  host(...argv: readonly string[]): string {
    return runIn(this.hostPid, argv);
  }

  /** Start a container with this network; it lives until it is stopped or the world ends. */
  async start(network: NetworkPlan): Promise<Container> {
    const { container, result } = await this.#run(network);
    if (result.kind !== 'ok') throw new Error(`the start failed: ${JSON.stringify(result)}`);
    return container;
  }

  /** Start a container that cannot be started. */
  async fail(network: NetworkPlan): Promise<Result> {
    const { container, result } = await this.#run(network);
    if (result.kind !== 'failed') throw new Error('the start did not fail');
    await container.stop();
    return result;
  }

  async #run(network: NetworkPlan): Promise<{ container: Container; result: Result }> {
    const brain = new FakeBrain(this.#command);
    await brain.hello();
    const result = await brain.answer(programOf(network));
    brain.exit();
    const container = new Container(brain, result.kind === 'ok' ? result.value : undefined);
    this.#containers.push(container);
    return { container, result };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const container of this.#containers) await container.stop();
    this.#host.kill('SIGKILL');
    if (this.#host.exitCode === null && this.#host.signalCode === null) await once(this.#host, 'exit');
  }
}

export class Container {
  readonly #brain: FakeBrain;
  #init: number | undefined;

  constructor(brain: FakeBrain, init: number | undefined) {
    this.#brain = brain;
    this.#init = init;
  }

  get pid(): number {
    if (this.#init === undefined) throw new Error('the container does not run');
    return this.#init;
  }

  /** Run a program in the container's namespace. */
  inside(...argv: readonly string[]): string {
    return runIn(this.pid, argv);
  }

  /** End init and wait for the monitor, which runs the inverses. */
  async stop(): Promise<void> {
    if (this.#init !== undefined) process.kill(this.#init, 'SIGKILL');
    this.#init = undefined;
    await this.#brain.ended();
  }
}

const newNetwork = 0x4000_0000;

/** The smallest program that has a network: clone, the host's side, the inside, a command that waits. */
function programOf(network: NetworkPlan): Program {
  const sync = (mode: number): Op => ({ op: 'sync', args: { point: syncPoints['post-configure'], mode } });
  const clone: Op = { op: 'clone', args: { flags: newNetwork, cgroup2: '', pidNamespace: '' } };
  const wait: Op = { op: 'exec', args: { argv: ['sleep', '600'], env: ['PATH=/usr/bin:/bin'] } };
  return program({
    parent: [planned(clone), ...network.parent, planned(sync(syncMode.post))],
    child: [planned(sync(syncMode.await)), ...network.child, planned(wait)],
    settings: [{ op: 'setInit', args: { stop: 9, clone: newNetwork } }],
    after: 'monitor',
  });
}

/** `cat` holds a namespace until we end; its echo says that it has entered it. */
async function holdNamespace(): Promise<ChildProcess> {
  const child = spawn('unshare', ['-n', 'cat'], { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.write('\n');
  await once(child.stdout, 'data');
  return child;
}

function enter(pid: number): readonly string[] {
  return ['nsenter', '-t', `${pid}`, '-n'];
}

function runIn(pid: number, argv: readonly string[]): string {
  const [file = '', ...args] = [...enter(pid), ...argv];
  return execFileSync(file, args, { encoding: 'utf8' });
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('the process was not started');
  return pid;
}
