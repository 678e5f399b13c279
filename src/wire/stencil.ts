/**
 * Bytes of the wire in which some words are left open. Two answers that differ in nothing but their words have the
 * same stencil; the helper puts words in (native/pattern.c). Only the contents of blobs are searched: `blob raw` before
 * it, `u32 count` of gaps, the `blob` before the first gap, and for each `u32 word, blob` what stands behind it.
 */

import type { Ground } from '../base/grounds.ts';
import { ByteReader, ByteWriter } from './bytes.ts';
import { helloHeadBytes } from './frames.ts';
import { groundKinds, valueBytes } from './grounds.ts';

class Stencil {
  readonly #words: readonly string[];
  readonly #cut: RegExp;
  readonly #open = new ByteWriter();
  #raw = new ByteWriter();
  #count = 0;

  constructor(words: readonly string[]) {
    this.#words = words;
    const longestFirst = words.toSorted((one, other) => other.length - one.length);
    this.#cut = new RegExp(`(${longestFirst.map((word) => word.replaceAll('.', '\\.')).join('|')})`);
  }

  u32(value: number): this {
    this.#raw.u32(value);
    return this;
  }

  raw(bytes: Uint8Array): this {
    this.#raw.raw(bytes);
    return this;
  }

  blob(bytes: Uint8Array): this {
    const [before = '', ...rest] = Buffer.from(bytes).toString('latin1').split(this.#cut);
    if (rest.length === 0) {
      this.#raw.blob(bytes);
      return this;
    }
    this.#open.blob(this.#raw.take()).u32(rest.length / 2);
    this.#text(before);
    for (let at = 0; at < rest.length; at += 2) {
      this.#open.u32(this.#words.indexOf(rest[at] ?? ''));
      this.#text(rest[at + 1] ?? '');
    }
    this.#raw = new ByteWriter();
    this.#count++;
    return this;
  }

  take(): Buffer {
    return new ByteWriter().u32(this.#count).raw(this.#open.take()).blob(this.#raw.take()).take();
  }

  #text(latin1: string): void {
    this.#open.blob(Buffer.from(latin1, 'latin1'));
  }
}

const helloBlobs = 4;

export function stencilHello(hello: Uint8Array, words: readonly string[]): Buffer {
  const stencil = new Stencil(words).raw(hello.subarray(0, helloHeadBytes));
  const from = new ByteReader(Buffer.from(hello.subarray(helloHeadBytes)));
  for (let count = 0; count < helloBlobs; count++) stencil.blob(from.blob());
  return stencil.take();
}

/** `u32 count`, then each as `u32 kind, blob path, blob value`. */
export function stencilGrounds(grounds: readonly Ground[], words: readonly string[]): Buffer {
  const stencil = new Stencil(words).u32(grounds.length);
  for (const ground of grounds)
    stencil.u32(groundKinds[ground.kind]).blob(Buffer.from(ground.path)).blob(valueBytes(ground));
  return stencil.take();
}

/** `run` is the payload of RUN: version, after, exit, flags and the lengths of four lists of ops. */
export function stencilProgram(run: Uint8Array, words: readonly string[]): Buffer {
  const from = new ByteReader(Buffer.from(run));
  const head = Array.from({ length: 8 }, () => from.u32());
  const stencil = new Stencil(words);
  for (const value of head) stencil.u32(value);
  const ops = head.slice(4).reduce((sum, count) => sum + count, 0);
  for (let op = 0; op < ops; op++) {
    const [code, flags, link, args] = [from.u16(), from.u16(), from.u16(), from.u16()];
    stencil.u32(code | (flags << 16)).u32(link | (args << 16));
    for (let arg = 0; arg < args; arg++) stencil.blob(from.blob());
  }
  return stencil.take();
}
