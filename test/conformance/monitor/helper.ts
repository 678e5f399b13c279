/**
 * The native helper under test, with a brain that does nothing but run one program: in this process over the
 * helper's fd 3, and at a container's end as `dist/lxc.cjs` (end-brain.ts) of an installation of our own.
 */

import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { rmdir } from 'node:fs/promises';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import { buildNative } from '../../../scripts/native.ts';
import { CommandSocket } from '../../../src/run/command-socket.ts';
import { serve } from '../../../src/run/connection.ts';
import { socketLine } from '../../../src/run/line.ts';
import type { RunResult } from '../../../src/run/session.ts';
import type { Program } from '../../../src/wire/program.ts';
import { type Box, boxProgram, makeRoot } from './box.ts';

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A program at work in the helper. */
export interface Job {
  readonly process: ChildProcess;
  /** RESULT of the program. */
  readonly result: Promise<RunResult>;
  readonly ended: Promise<Ended>;
}

const buildId = 'monitor-test';

export class Installation implements AsyncDisposable {
  readonly dir = mkdtempSync(join(tmpdir(), 'nmon-'));
  readonly lxcpath = join(this.dir, 'boxes');
  readonly helper = join(this.dir, 'bin/lxc-ts');
  readonly #boxes = new Map<string, Box>();

  constructor() {
    for (const dir of ['bin', 'dist', 'boxes']) mkdirSync(join(this.dir, dir));
    buildNative({ out: this.helper, buildId });
    const node = join(this.dir, `node_modules/node-linux-${process.arch}/bin`);
    mkdirSync(node, { recursive: true });
    symlinkSync(process.execPath, join(node, 'node'));
    const brain = new URL('end-brain.ts', import.meta.url).pathname;
    writeFileSync(join(this.dir, 'dist/lxc.cjs'), `require(${JSON.stringify(brain)});\n`);
  }

  box(name: string, argv: readonly string[], more: Partial<Box> = {}): Box {
    const box = { name, lxcpath: this.lxcpath, argv, ...more };
    this.#boxes.set(name, box);
    makeRoot(join(this.lxcpath, name, 'rootfs'));
    const config = `lxc.uts.name = ${name}\nlxc.rootfs.path = dir:${this.lxcpath}/${name}/rootfs\n`;
    writeFileSync(join(this.lxcpath, name, 'config'), config);
    writeFileSync(join(this.dir, `${name}.json`), JSON.stringify(box));
    return box;
  }

  socket = (name: string) => new CommandSocket({ lxcpath: this.lxcpath, name });

  /** `wrap` puts the helper's command line into another one, such as `script`. */
  execute(program: Program, wrap = (argv: readonly string[]): readonly string[] => argv): Job {
    const [file = '', ...args] = wrap([this.helper, '--brain-fd', '3', 'lxc-test']);
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe', 'pipe'] });
    const socket = child.stdio[3];
    if (!(socket instanceof Socket) || !child.stdout || !child.stderr) throw new Error('no pipes');
    const { promise: result, resolve } = Promise.withResolvers<RunResult>();
    void serve(socketLine(socket), {
      buildId,
      isShared: false,
      isPrompt: () => false,
      took: () => {},
      keep: () => {},
      stop: () => false,
      end: () => Promise.resolve({ status: 0, signal: 0 }),
      command: async (session) => {
        const said = await session.run(program);
        resolve(said);
        return exitOf(said);
      },
    });
    const output = Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
    const ended = output.then(([stdout, stderr]) => ({ status: child.exitCode, stdout, stderr }));
    return { process: child, result, ended };
  }

  /** Starts `box` in the background. */
  async start(box: Box): Promise<void> {
    await this.detached(boxProgram(box));
  }

  async detached(program: Program): Promise<void> {
    const job = this.execute(program);
    const result = await job.result;
    if (result.kind !== 'ok') throw new Error(`start failed: ${JSON.stringify(result)}`);
    job.process.stdin?.end();
  }

  /** Calls of the brain at the end of containers, in order. */
  calls(): readonly string[] {
    const file = join(this.dir, 'calls');
    return existsSync(file) ? readFileSync(file, 'utf8').trim().split('\n') : [];
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const name of this.#boxes.keys()) await this.socket(name).stop();
    await sleep(20);
    // What C LXC's tools leave for a lxcpath: locks, and a monitord that waits half a minute.
    const fifo = `/run/lxc/${this.lxcpath}/monitor-fifo`;
    if (existsSync(fifo)) writeFileSync(fifo, 'quit');
    for (const dir of ['/run/lxc', '/run/lxc/lock']) {
      rmSync(dir + this.dir, { recursive: true, force: true });
      await rmdir(dir + tmpdir()).catch(() => undefined);
    }
    rmSync(this.dir, { recursive: true, force: true });
  }
}

function exitOf(result: RunResult) {
  const status = result.kind === 'failed' ? 1 : result.kind === 'ok' ? 0 : wait(result.value);
  return { status, signal: 0 };
}

const wait = (status: number) => ((status & 0x7f) === 0 ? (status >> 8) & 0xff : 128 + (status & 0x7f));

/** A command of the machine: C LXC's tools. */
export function run(file: string, args: readonly string[], { uid = 0, home = '/' } = {}): Promise<Ended> {
  return new Promise((resolve) => {
    const { PATH = '' } = process.env;
    const env = { PATH, LC_ALL: 'C', HOME: home };
    const child = execFile(file, args, { timeout: 15_000, env, uid, gid: uid }, (_, stdout, stderr) =>
      resolve({ status: child.exitCode, stdout, stderr }),
    );
    child.stdin?.on('error', () => undefined).end();
  });
}

/** Until `test` holds, at most five seconds. */
export async function eventually(test: () => boolean | Promise<boolean>): Promise<void> {
  for (let turn = 0; turn < 250; turn++) {
    if (await test()) return;
    await sleep(20);
  }
  throw new Error(`not within five seconds: ${test}`);
}
