/** A kept answer as the helper reads it: the words it answers, its grounds, and what to do again. */

import type { Ground } from '../base/grounds.ts';
import { ByteWriter } from './bytes.ts';
import { replayMagic } from './frames.ts';

export const groundKinds = {
  text: 1,
  line: 2,
  link: 3,
  node: 4,
  unchanged: 5,
  process: 6,
  absent: 7,
  present: 8,
  unlocked: 9,
} as const;

/** The payload of RUN, or a report (report.ts). */
export const keptKinds = { program: 1, report: 2 } as const;

/** What a brain told a client, and why. */
export interface Answer {
  /** Payload of HELLO, its pid 0. */
  readonly hello: Uint8Array;
  readonly grounds: readonly Ground[];
  readonly again: { readonly kind: keyof typeof keptKinds; readonly bytes: Uint8Array };
  /** Words of the command that stand for themselves alone: any other gives the same answer with it in place. */
  readonly free?: readonly string[];
}

export interface Kept extends Answer {
  /** Hash of the namespaces that the brain and its clients share, 16 digits. */
  readonly namespaces: string;
}

export function encodeKept({ hello, namespaces, grounds, again }: Kept): Buffer {
  const out = new ByteWriter().raw(Buffer.from(replayMagic)).blob(hello).text(namespaces).u32(grounds.length);
  for (const ground of grounds) out.u32(groundKinds[ground.kind]).text(ground.path).blob(valueBytes(ground));
  return out.u32(keptKinds[again.kind]).blob(again.bytes).take();
}

export function valueBytes(ground: Ground): Uint8Array {
  if ('text' in ground) return Buffer.from(ground.text);
  if (!('numbers' in ground)) return Buffer.alloc(0);
  const bytes = Buffer.alloc(8 * ground.numbers.length);
  for (const [index, number] of ground.numbers.entries())
    bytes.writeBigUInt64LE(BigInt.asUintN(64, number), 8 * index);
  return bytes;
}
