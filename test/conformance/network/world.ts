/**
 * A host and a container as two network namespaces of our own, ops sent in them by `send.c`, and `ip -j` to look
 * at the result. Needs root, a C compiler and iproute2.
 */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { decodeOp, encodeOp } from '../../../src/wire/encode.ts';
import type { Op } from '../../../src/wire/ops.ts';
import type { PlannedOp } from '../../../src/wire/program.ts';

export class World implements AsyncDisposable {
  readonly #dir = mkdtempSync(join(tmpdir(), 'lxc-ts-network-'));
  readonly #host: ChildProcess;
  readonly #container: ChildProcess;

  static async open(): Promise<World> {
    const host = await holdNamespace([]);
    return new World(host, await holdNamespace(enter(host)));
  }

  private constructor(host: ChildProcess, container: ChildProcess) {
    this.#host = host;
    this.#container = container;
    const source = new URL('send.c', import.meta.url).pathname;
    execFileSync('cc', ['-std=gnu11', '-Wall', '-o', join(this.#dir, 'send'), source]);
  }

  get hostPid(): number {
    return pidOf(this.#host);
  }

  get containerPid(): number {
    return pidOf(this.#container);
  }

  /** Run a program in the host's namespace. */
  host(...argv: readonly string[]): string {
    return run(this.#host, argv);
  }

  /** Run a program in the container's namespace. */
  inside(...argv: readonly string[]): string {
    return run(this.#container, argv);
  }

  /** The errno of each op; they are sent in their wire form. */
  runOnHost(ops: readonly (Op | PlannedOp)[]): readonly number[] {
    return this.#send(this.#host, ops);
  }

  runInside(ops: readonly (Op | PlannedOp)[]): readonly number[] {
    return this.#send(this.#container, ops);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const process of [this.#container, this.#host]) {
      process.kill('SIGKILL');
      if (process.exitCode === null && process.signalCode === null) await once(process, 'exit');
    }
    rmSync(this.#dir, { recursive: true });
  }

  #send(process: ChildProcess, ops: readonly (Op | PlannedOp)[]): readonly number[] {
    if (ops.length === 0) return [];
    const input = ops.map((op) => `${line(op, this.containerPid)}\n`).join('');
    const out = run(process, [join(this.#dir, 'send')], input);
    return out.trim().split('\n').map(Number);
  }
}

/** `cat` holds a namespace until we end; its echo says that it has entered it. */
async function holdNamespace(prefix: readonly string[]): Promise<ChildProcess> {
  const [file = '', ...args] = [...prefix, 'unshare', '-n', 'cat'];
  const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  child.stdin.write('\n');
  await once(child.stdout, 'data');
  return child;
}

function enter(process: ChildProcess): readonly string[] {
  return ['nsenter', '-t', `${pidOf(process)}`, '-n'];
}

function run(process: ChildProcess, argv: readonly string[], input = ''): string {
  const [file = '', ...args] = [...enter(process), ...argv];
  return execFileSync(file, args, { encoding: 'utf8', input });
}

function pidOf({ pid }: ChildProcess): number {
  if (pid === undefined) throw new Error('the process was not started');
  return pid;
}

function line(op: Op, init: number): string {
  const { args } = decodeOp(encodeOp(op));
  if (op.op === 'writeFile') return `W ${op.args.path} ${Buffer.from(op.args.text).toString()}`;
  const request = args.get('request');
  const patches = args.get('patches');
  if (!Buffer.isBuffer(request) || !Buffer.isBuffer(patches))
    throw new Error(`${op.op} is not sent by these tests`);
  return ['N', init, args.get('ignore'), request.toString('hex'), ...patchWords(patches)].join(' ');
}

const patchBytes = 24;

function patchWords(patches: Buffer): readonly string[] {
  return Array.from({ length: patches.length / patchBytes }, (_, index) => {
    const at = index * patchBytes;
    const name = patches.toString('latin1', at + 8, at + patchBytes).replaceAll('\0', '');
    return `${patches.readUInt32LE(at)}:${patches.readUInt32LE(at + 4)}:${name}`;
  });
}
