/**
 * The text of a configuration in the current dialect. Comments, order, blanks and quotes stay; only lines in an old
 * spelling change, and those that no longer mean anything go. Pure.
 */

import { LxcError } from '../base/error.ts';
import { changeValue } from './document.ts';
import { parseLine, sourceLines } from './grammar.ts';
import { findKey, modernSpelling, unknownKey } from './lookup.ts';
import { orderedKey } from './net-rules.ts';
import type { RawEntry } from './types.ts';

export interface UpdatedLine {
  /** Counted from 1, in the old text. */
  readonly line: number;
  readonly before: string;
  /** Absent where the line goes. */
  readonly after?: string;
}

export interface UpdatedText {
  /** Every line of the old text, in order. */
  readonly lines: readonly UpdatedLine[];
  /** Lines that no version understands, and that stay. */
  readonly warnings: readonly string[];
}

interface Walk {
  readonly file: string;
  readonly backend: string | undefined;
  /** What is set so far, from which the number of an interface without one follows. */
  entries: RawEntry[];
  readonly warnings: string[];
}

export function updateText(text: string, file: string): UpdatedText {
  const lines = sourceLines(text);
  const walk: Walk = { file, backend: backendOf(lines), entries: [], warnings: [] };
  const updated = lines.map(({ number, text: before }): UpdatedLine => {
    const after = updateLine(walk, before, number);
    return { line: number, before, ...(after === undefined ? {} : { after }) };
  });
  return { lines: updated, warnings: walk.warnings };
}

export function textOfUpdate({ lines }: UpdatedText): string {
  return lines.flatMap(({ after }) => after ?? []).join('\n');
}

/** Without effect for years, or said in the path of the root file system now. */
const gone: readonly string[] = ['lxc.rootfs.backend', 'lxc.pivotdir', 'lxc.kmsg'];

/** It may stand before or after the path, and the last one counts. */
function backendOf(lines: ReturnType<typeof sourceLines>): string | undefined {
  const found = lines.flatMap(({ text }) => {
    const parsed = parseLine(text);
    return parsed?.kind === 'setting' && parsed.key === 'lxc.rootfs.backend' ? [parsed.text] : [];
  });
  return found.at(-1) || undefined;
}

function updateLine(walk: Walk, line: string, number: number): string | undefined {
  const parsed = parseLine(line);
  if (parsed?.kind !== 'setting') return line;
  if (gone.includes(parsed.key)) return undefined;
  const entry = { spelled: parsed.key, text: parsed.text, origin: { file: walk.file, line: number } };
  try {
    const key = currentKey(walk.entries, entry);
    note(walk, { ...entry, key });
    const renamed = line.replace(parsed.key, () => key);
    return changeValue(renamed, (_, text) => (key === 'lxc.rootfs.path' ? withBackend(walk, text) : text));
  } catch (error) {
    if (!(error instanceof LxcError)) throw error;
    walk.warnings.push(`${error}; the line stays as it is`);
    return line;
  }
}

function currentKey(entries: readonly RawEntry[], entry: Omit<RawEntry, 'key'>): string {
  const { spelled, origin } = entry;
  if (spelled === 'lxc.include' || findKey(spelled) !== undefined) return spelled;
  const pattern = modernSpelling(spelled);
  const key = pattern === undefined ? undefined : orderedKey(entries, pattern, entry);
  if (key === undefined || findKey(key) === undefined) throw unknownKey(spelled, origin);
  return key;
}

function note(walk: Walk, entry: RawEntry): void {
  const { key, text } = entry;
  if (text === '') walk.entries = walk.entries.filter((one) => !`${one.key}.`.startsWith(`${key}.`));
  else walk.entries.push(entry);
}

function withBackend({ backend }: Walk, path: string): string {
  return backend === undefined || !/^[^:]*$|^\//.test(path) ? path : `${backend}:${path}`;
}
