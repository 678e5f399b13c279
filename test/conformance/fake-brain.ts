/**
 * A brain for tests of the helper: the test itself, at the other end of the socket that `--brain-fd` takes. It
 * answers HELLO with ACCEPT, sends programs, and reads what comes back; nothing of the product's brain is in it.
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { ByteReader, ByteWriter } from '../../src/wire/bytes.ts';
import { encodeProgram } from '../../src/wire/encode.ts';
import { frameTypes, type resultKinds } from '../../src/wire/frames.ts';
import type { Op } from '../../src/wire/ops.ts';
import type { PlannedOp, Program } from '../../src/wire/program.ts';

export interface Frame {
  readonly type: number;
  readonly payload: Buffer;
}

export interface Note {
  readonly list: number;
  readonly index: number;
  readonly errno: number;
  readonly detail: string;
}

export interface Result extends Note {
  readonly kind: keyof typeof resultKinds;
  readonly value: number;
  readonly notes: readonly Note[];
}

export interface Hello {
  readonly role: number;
  readonly uid: number;
  readonly umask: number;
  readonly cwd: string;
  readonly argv: readonly string[];
  readonly env: readonly string[];
}

export interface FakeBrainOptions {
  readonly argv?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** What stands before the helper in its command line. */
  readonly wrapper?: readonly string[];
}

/** Frames of a stream, in order; `undefined` once the other side closed it. */
export class FrameReader {
  readonly #stream: Duplex;
  #bytes = Buffer.alloc(0);
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(stream: Duplex) {
    this.#stream = stream;
    stream.on('data', (chunk: Buffer) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk]);
      this.#wake?.();
    });
    for (const event of ['end', 'close', 'error']) {
      stream.on(event, () => {
        this.#ended = true;
        this.#wake?.();
      });
    }
  }

  async next(): Promise<Frame | undefined> {
    for (;;) {
      const length = this.#bytes.length >= 8 ? this.#bytes.readUInt32LE(0) : Number.POSITIVE_INFINITY;
      if (this.#bytes.length >= length + 8) {
        const frame = { type: this.#bytes.readUInt32LE(4), payload: this.#bytes.subarray(8, 8 + length) };
        this.#bytes = this.#bytes.subarray(8 + length);
        return frame;
      }
      if (this.#ended) return undefined;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }

  send(type: number, payload: Uint8Array = Buffer.alloc(0)): void {
    this.#stream.write(new ByteWriter().u32(payload.length).u32(type).raw(payload).take());
  }
}

export class FakeBrain {
  readonly process: ChildProcess;
  readonly frames: FrameReader;
  readonly #stdout: Buffer[] = [];
  readonly #stderr: Buffer[] = [];
  readonly #ended: Promise<unknown[]>;

  constructor(helper: string, options: FakeBrainOptions = {}) {
    const line = [...(options.wrapper ?? []), helper, '--brain-fd', '3', ...(options.argv ?? ['lxc-start'])];
    this.process = spawn(line[0] ?? helper, line.slice(1), {
      stdio: ['ignore', 'pipe', 'pipe', 'pipe'],
      env: options.env ?? { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' },
      cwd: options.cwd ?? '/',
    });
    const socket = this.process.stdio[3];
    if (!(socket instanceof Duplex)) throw new Error('the helper has no socket');
    this.frames = new FrameReader(socket);
    this.process.stdout?.on('data', (chunk: Buffer) => this.#stdout.push(chunk));
    this.process.stderr?.on('data', (chunk: Buffer) => this.#stderr.push(chunk));
    this.#ended = once(this.process, 'close');
  }

  get stdout(): string {
    return Buffer.concat(this.#stdout).toString();
  }

  get stderr(): string {
    return Buffer.concat(this.#stderr).toString();
  }

  async hello(): Promise<Hello> {
    const frame = await this.expect('HELLO');
    const read = new ByteReader(frame.payload);
    read.u32();
    const [role, uid, , umask] = [read.u32(), read.u32(), read.u32(), read.u32()];
    for (let skipped = 0; skipped < 5; skipped++) read.u32();
    const hello = { role, uid, umask, cwd: read.text(), argv: read.texts(), env: read.texts() };
    this.frames.send(frameTypes.ACCEPT);
    return hello;
  }

  async expect(name: keyof typeof frameTypes): Promise<Frame> {
    const frame = await this.frames.next();
    if (frame?.type !== frameTypes[name])
      throw new Error(`expected ${name}, got ${frame?.type ?? 'end of file'}; ${this.stderr}`);
    return frame;
  }

  run(program: Program): void {
    this.frames.send(frameTypes.RUN, encodeProgram(program));
  }

  async result(): Promise<Result> {
    return readResult((await this.expect('RESULT')).payload);
  }

  /** Run one program and nothing else. */
  async answer(program: Program): Promise<Result> {
    this.run(program);
    return await this.result();
  }

  exit(status = 0, signal = 0): void {
    this.frames.send(frameTypes.EXIT, new ByteWriter().u32(status).u32(signal).take());
  }

  /** Exit status, or the signal's name. */
  async ended(): Promise<number | string> {
    const [status, signal] = await this.#ended;
    return typeof status === 'number' ? status : String(signal);
  }
}

function readNote(read: ByteReader): Note {
  return { list: read.u32(), index: read.u32(), errno: read.i32(), detail: read.text() };
}

function readResult(payload: Buffer): Result {
  const read = new ByteReader(payload);
  const kinds = ['ok', 'failed', 'exited'] as const;
  const kind = kinds[read.u32()] ?? 'failed';
  const where = { list: read.u32(), index: read.u32(), errno: read.i32() };
  const value = read.i32();
  const detail = read.text();
  const notes = Array.from({ length: read.u32() }, () => readNote(read));
  return { kind, ...where, value, detail, notes };
}

const why = { key: 'test', act: 'test' };

export function planned(op: Op, more: { optional?: boolean; undo?: readonly Op[] } = {}): PlannedOp {
  return { ...op, why, ...more };
}

export function program(parts: Partial<Program>): Program {
  return { parent: [], child: [], settings: [], after: 'return', exit: 'zero', ...parts };
}
