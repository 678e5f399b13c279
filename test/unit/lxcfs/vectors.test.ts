/**
 * Every recorded view of LXCFS 5.0.3 and 7.0, byte for byte. Those of a live machine moved while they were recorded:
 * the lines named in live-lines.json are not compared there. `LXC_TS_VECTORS` names another directory.
 */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { answer, type State } from '../../../src/lxcfs/answer.ts';
import { changed, inquiryOf, readVectors, type Vector, vectorProfile } from './vector.ts';

const fixtures = join(import.meta.dirname, '../../fixtures');
const directory = process.env.LXC_TS_VECTORS ?? join(fixtures, 'lxcfs-vectors');

/** By the start of a vector's name, then by path: patterns of lines. */
type LiveLines = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;
const live: LiveLines = JSON.parse(readFileSync(join(fixtures, 'live-lines.json'), 'utf8'));

function livePatterns(vector: Vector, path: string): readonly RegExp[] {
  if (vector.kind !== 'real') return [];
  const groups = Object.entries(live).filter(([name]) => vector.name.startsWith(name));
  return groups.flatMap(([, paths]) => (paths[path] ?? []).map((pattern) => new RegExp(pattern)));
}

/** The structure stays: of a live line the part in brackets is compared. */
function comparable(vector: Vector, path: string, text: string): string {
  const patterns = livePatterns(vector, path);
  const lines = text.split('\n').map((line) => {
    const match = patterns.map((pattern) => pattern.exec(line)).find((found) => found !== null);
    return match === undefined || match === null ? line : (match[1] ?? 'live');
  });
  return lines.join('\n');
}

describe.for(readVectors(directory))('$file', ({ vector }) => {
  const profile = vectorProfile(vector);
  const paths = [
    ...new Set([vector, ...(vector.steps ?? [])].flatMap(({ outputs }) => Object.keys(outputs))),
  ];
  test.for(paths)('%s is what LXCFS shows', (path) => {
    let inputs = vector.inputs;
    let state: State = {};
    const look = (expected: string | undefined) => {
      if (expected === undefined) return;
      const made = answer(path, inquiryOf(vector, inputs, profile), state);
      state = made.state ?? state;
      expect(comparable(vector, path, made.text)).toBe(comparable(vector, path, expected));
    };
    for (const step of vector.steps ?? []) {
      inputs = changed(inputs, step);
      look(step.outputs[path]);
    }
    look(vector.outputs[path]);
  });
});
