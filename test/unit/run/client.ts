/** The client's half of the protocol in a few lines, so that brains can be tested without the helper. */

import type { Socket } from 'node:net';
import { type Frame, FrameCutter } from '../../../src/run/frames.ts';
import { ByteWriter } from '../../../src/wire/bytes.ts';
import { frameTypes, protocolVersion } from '../../../src/wire/frames.ts';

export interface Said {
  readonly argv: readonly string[];
  readonly env?: readonly string[];
  readonly cwd?: string;
  readonly role?: number;
  readonly uid?: number;
  readonly buildId?: string;
}

export function frame(type: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  return new ByteWriter().u32(payload.length).u32(type).raw(payload).take();
}

export function hello(said: Said): Buffer {
  const out = new ByteWriter().u32(protocolVersion).u32(said.role ?? 0);
  out
    .u32(said.uid ?? process.getuid?.() ?? 0)
    .u32(0)
    .u32(0o22)
    .u32(0)
    .u32(24)
    .u32(80)
    .u32(process.pid)
    .u32(0);
  out
    .text(said.cwd ?? '/')
    .texts(said.argv)
    .texts(said.env ?? ['PATH=/usr/bin:/bin']);
  return frame(frameTypes.HELLO, out.text(said.buildId ?? 'source').take());
}

export interface Outcome {
  readonly accepted: boolean;
  readonly out: string;
  readonly err: string;
  readonly status: number | undefined;
  readonly signal: number | undefined;
}

/** Says HELLO on a connected socket and gathers the answer; `answer` replies to other frames. */
export function talk(
  socket: Socket,
  said: Said,
  answer?: (frame: Frame) => Buffer | undefined,
): Promise<Outcome> {
  const cutter = new FrameCutter();
  const frames: Frame[] = [];
  const texts = (type: number) =>
    Buffer.concat(frames.filter((one) => one.type === type).map(({ payload }) => payload)).toString();
  socket.on('data', (piece) => {
    for (const one of cutter.push(piece)) {
      frames.push({ type: one.type, payload: Buffer.from(one.payload) });
      const reply = answer?.(one);
      if (reply !== undefined) socket.write(reply);
    }
  });
  socket.write(hello(said));
  return new Promise((resolve, reject) => {
    socket.on('error', reject);
    socket.on('close', () => {
      const exit = frames.find((one) => one.type === frameTypes.EXIT)?.payload;
      resolve({
        accepted: frames.some((one) => one.type === frameTypes.ACCEPT),
        out: texts(frameTypes.OUT),
        err: texts(frameTypes.ERR),
        status: exit?.readUInt32LE(0),
        signal: exit?.readUInt32LE(4),
      });
    });
  });
}
