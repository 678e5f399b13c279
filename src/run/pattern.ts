/**
 * One answer for many names. Where two commands were answered alike but for words that stand for themselves alone (a
 * container's name, a pid file), what they have in common is written down for native/pattern.c, and the third is
 * answered by its client. Nothing is supposed: the second answer proves what the first one would have been with other words.
 */

import { fnv1a64, hex64 } from '../base/fnv.ts';
import { ByteReader, ByteWriter } from '../wire/bytes.ts';
import { helloHeadBytes, patternMagic } from '../wire/frames.ts';
import type { Kept } from '../wire/grounds.ts';
import { stencilGrounds, stencilHello, stencilProgram } from '../wire/stencil.ts';
import { encodeText } from '../wire/text.ts';
import { store } from './replay.ts';

/** For commands alike in all that their file is named after. */
const mostAlike = 4;
const mostKeys = 64;

/** Words in which no character means anything to anybody, whatever they are put into. */
const plainName = /^[A-Za-z0-9][\w.-]*$/;
const plainPath = /^(\/[A-Za-z0-9][\w.-]*)+$/;

interface Pattern {
  /** Where the words stand in argv, what kind they are, and all stencils. */
  readonly text: Buffer;
  readonly words: readonly string[];
  /** No longer words than were seen: longer ones may be too long for something. */
  readonly most: readonly number[];
  readonly isProven: boolean;
}

export class Patterns {
  readonly #known = new Map<string, readonly Pattern[]>();

  /** Another answer was given; where it shows a pattern, that goes into the run directory `dir`. */
  learn(dir: string, answer: Kept): void {
    const fresh = patternOf(answer);
    if (fresh === undefined) return;
    const key = keyOf(answer);
    const others = this.#known.get(key) ?? [];
    const old = others.find(({ text }) => text.equals(fresh.text));
    const pattern = old === undefined ? fresh : joined(old, fresh);
    if (this.#known.size >= mostKeys) this.#known.clear();
    const all = [pattern, ...others.filter((one) => one !== old)].slice(0, mostAlike);
    this.#known.set(key, all);
    if (pattern.isProven)
      store(
        `${dir}/patterns`,
        key,
        encode(
          answer.namespaces,
          all.filter(({ isProven }) => isProven),
        ),
      );
  }
}

function patternOf({ hello, grounds, again, free = [] }: Kept): Pattern | undefined {
  if (again.kind !== 'program') return undefined;
  const argv = argvOf(hello);
  const places = free.map((word) => argv.indexOf(word));
  if (free.length === 0 || places.includes(-1) || !free.every(isPlain)) return undefined;
  const text = new ByteWriter().u32(free.length);
  for (const [index, word] of free.entries()) text.u32(places[index] ?? 0).u32(isPath(word) ? 1 : 0);
  text
    .blob(stencilHello(hello, free))
    .blob(stencilGrounds(grounds, free))
    .blob(stencilProgram(again.bytes, free));
  const most = free.map((word) => word.length);
  return { text: text.take(), words: free, most, isProven: false };
}

function joined(old: Pattern, fresh: Pattern): Pattern {
  const differs = fresh.words.every((word, index) => word !== old.words[index]);
  const most = fresh.most.map((length, index) => Math.max(length, old.most[index] ?? 0));
  return { ...fresh, most: differs ? most : old.most, isProven: old.isProven || differs };
}

function isPath(word: string): boolean {
  return word.startsWith('/');
}

function isPlain(word: string): boolean {
  return plainName.test(word) || plainPath.test(word);
}

function argvOf(hello: Uint8Array): readonly string[] {
  const from = new ByteReader(Buffer.from(hello.subarray(helloHeadBytes)));
  from.blob();
  return from.texts();
}

/** Clients find it before they know which of their words are free: by what can be none, the command and its options. */
function keyOf({ hello, namespaces }: Kept): string {
  const words = argvOf(hello).map((word, index) => (index === 0 || word.startsWith('-') ? word : ''));
  const seen = new ByteWriter();
  for (const word of [...words, namespaces]) seen.raw(encodeText(word)).raw(Buffer.of(0));
  return hex64(fnv1a64(seen.take()));
}

function encode(namespaces: string, patterns: readonly Pattern[]): Buffer {
  const out = new ByteWriter().raw(Buffer.from(patternMagic)).u32(patterns.length);
  for (const { text, most } of patterns) {
    const lengths = new ByteWriter();
    for (const length of most) lengths.u32(length);
    out.text(namespaces).blob(lengths.take()).blob(text);
  }
  return out.take();
}
