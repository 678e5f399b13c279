/** Frames on a stream: cuts what arrives into frames, and words what is sent. */

import { LxcError } from '../base/error.ts';
import { ByteReader, ByteWriter } from '../wire/bytes.ts';
import { frameTypes, maxFrameBytes, protocolVersion, resultKinds } from '../wire/frames.ts';
import type { Line } from './line.ts';
import type { Call, RunResult, Terminals } from './session.ts';

const headBytes = 8;
const nothing = new Uint8Array(0);

export interface Frame {
  readonly type: number;
  readonly payload: Buffer;
}

/** Takes pieces as they arrive and gives the frames that are complete. */
export class FrameCutter {
  #rest: Buffer = Buffer.alloc(0);

  push(piece: Buffer): Frame[] {
    const bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    const frames: Frame[] = [];
    let at = 0;
    while (bytes.length - at >= headBytes) {
      const size = bytes.readUInt32LE(at);
      if (size > maxFrameBytes)
        throw new LxcError(`Failed to take a frame of ${size} bytes: it is too large`);
      if (bytes.length - at < headBytes + size) break;
      const start = at + headBytes;
      frames.push({ type: bytes.readUInt32LE(at + 4), payload: bytes.subarray(start, start + size) });
      at = start + size;
    }
    this.#rest = bytes.subarray(at);
    return frames;
  }
}

/** Frames sent within one turn of the event loop leave in one write. */
export class FrameSender {
  readonly #line: Line;
  #pieces: Uint8Array[] = [];

  constructor(line: Line) {
    this.#line = line;
  }

  send(type: number, payload: Uint8Array = nothing): void {
    if (this.#pieces.length === 0) setImmediate(() => this.#flush());
    const head = Buffer.allocUnsafe(headBytes);
    head.writeUInt32LE(payload.length);
    head.writeUInt32LE(type, 4);
    this.#pieces.push(head, payload);
  }

  /** Without waiting for the end of this turn. */
  sendNow(type: number): void {
    this.send(type);
    this.#flush();
  }

  end(): void {
    this.#flush();
    this.#line.end();
  }

  #flush(): void {
    if (this.#pieces.length > 0 && this.#line.writable) this.#line.write(Buffer.concat(this.#pieces));
    this.#pieces = [];
  }
}

export interface Hello {
  readonly version: number;
  readonly role: number;
  readonly uid: number;
  readonly gid: number;
  readonly umask: number;
  readonly isatty: Terminals;
  readonly window: { readonly rows: number; readonly columns: number };
  readonly pid: number;
  readonly cwd: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly buildId: string;
}

export function readHello(payload: Buffer): Hello {
  const from = new ByteReader(payload);
  const version = from.u32();
  if (version !== protocolVersion) throw new LxcError(`Failed to talk to a client of protocol ${version}`);
  const [role, uid, gid, umask] = [from.u32(), from.u32(), from.u32(), from.u32()];
  const bits = from.u32();
  const isatty = { stdin: (bits & 1) !== 0, stdout: (bits & 2) !== 0, stderr: (bits & 4) !== 0 };
  const window = { rows: from.u32(), columns: from.u32() };
  const pid = from.u32();
  from.u32();
  const [cwd, argv, env, buildId] = [from.text(), from.texts(), environment(from.texts()), from.text()];
  return { version, role, uid, gid, umask, isatty, window, pid, cwd, argv, env, buildId };
}

/** The first of two variables of one name counts, as for getenv. */
function environment(texts: readonly string[]): Record<string, string> {
  const env: Record<string, string> = Object.create(null);
  for (const text of texts) {
    const equals = text.indexOf('=');
    const name = text.slice(0, equals);
    if (equals > 0 && !(name in env)) env[name] = text.slice(equals + 1);
  }
  return env;
}

export function readResult(payload: Buffer): RunResult {
  const from = new ByteReader(payload);
  const kind = resultKind(from.u32());
  const [list, index, errno, value, detail] = [from.u32(), from.u32(), from.i32(), from.i32(), from.text()];
  const notes = Array.from({ length: from.u32() }, () => ({
    list: from.u32(),
    index: from.u32(),
    errno: from.i32(),
    detail: from.text(),
  }));
  return { kind, list, index, errno, value, detail, notes };
}

function resultKind(number: number): RunResult['kind'] {
  if (number === resultKinds.ok) return 'ok';
  return number === resultKinds.exited ? 'exited' : 'failed';
}

export function readCall(payload: Buffer): Call {
  const from = new ByteReader(payload);
  return { index: from.u32(), initPid: from.i32(), what: from.text() };
}

export function u32s(...values: readonly number[]): Buffer {
  const out = new ByteWriter();
  for (const value of values) out.u32(value);
  return out.take();
}

export function textPayload(text: string): Buffer {
  return new ByteWriter().text(text).take();
}

export { frameTypes };
