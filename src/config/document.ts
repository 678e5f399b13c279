/**
 * The text of a configuration file as its author wrote it, comments and includes and all: what lxc-create and
 * the library's `save` write. Changes touch only the lines they are about.
 */

import { fillWildcards } from './codecs/net.ts';
import { formatLine, parseLine, sourceLines } from './grammar.ts';
import type { ConfigIo } from './types.ts';

export interface Document {
  readonly lines: readonly string[];
}

/** The random digits of hardware addresses are drawn here, so that the saved file has definite ones. */
export function parseDocument(text: string, io: Pick<ConfigIo, 'nibble'>): Document {
  const lines = sourceLines(text).map((line) => withoutWildcards(line.text, io));
  return { lines: lines.at(-1) === '' ? lines.slice(0, -1) : lines };
}

function withoutWildcards(line: string, io: Pick<ConfigIo, 'nibble'>): string {
  return changeValue(line, (key, text) => (isAddress(key) ? fillWildcards(text, io) : text));
}

/** A hardware address, in every dialect. */
export function isAddress(key: string): boolean {
  return /^lxc\.(net|network)\.(([0-9]+|<n>)\.)?hwaddr$/.test(key);
}

/** The line with another value, if it is a setting that has one; blanks and quotes around it stay. */
export function changeValue(line: string, change: (key: string, text: string) => string): string {
  const parsed = parseLine(line);
  if (parsed?.kind !== 'setting' || parsed.text === '') return line;
  const value = line.lastIndexOf(parsed.text);
  const changed = change(parsed.key, parsed.text);
  return `${line.slice(0, value)}${changed}${line.slice(value + parsed.text.length)}`;
}

export function printDocument(document: Document): string {
  return document.lines.map((line) => `${line}\n`).join('');
}

/** One more line; as in a file, it replaces a scalar, adds to a list, or with an empty text clears. */
export function appendItem(document: Document, key: string, text: string): Document {
  return { lines: [...document.lines, formatLine(key, text)] };
}

/** Takes out the lines of a key; those of `KEY.` and what follows too if `members` says so. */
export function removeItem(document: Document, key: string, members = false): Document {
  return { lines: document.lines.filter((line) => !isAbout(line, key, members)) };
}

function isAbout(line: string, key: string, members: boolean): boolean {
  const parsed = parseLine(line);
  if (parsed?.kind !== 'setting') return false;
  return parsed.key === key || (members && parsed.key.startsWith(`${key}.`));
}
