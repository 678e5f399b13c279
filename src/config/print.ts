/** A configuration as text again: for people, and exactly as it was for the record of a running container. */

import { LxcError } from '../base/error.ts';
import { formatLine } from './grammar.ts';
import { findKey } from './lookup.ts';
import type { RawEntry } from './types.ts';
import { type Config, configOf } from './view.ts';

/** Lines of the current dialect, without includes, that parse to the same entries. */
export function printConfig(config: Config): string {
  return config.entries.map(({ key, text }) => `${formatLine(key, onOneLine(text))}\n`).join('');
}

/** Only a variable taken from the caller can hold a line break, and its name alone asks for it again. */
function onOneLine(text: string): string {
  return /[\r\n]/.test(text) ? text.slice(0, text.indexOf('=')) : text;
}

/** The entries with the places they came from, as JSON. Notes have been told and are not kept. */
export function dumpConfig(config: Config): string {
  return JSON.stringify(
    config.entries.map(({ key, spelled, text, origin }) => [key, spelled, text, origin.file, origin.line]),
  );
}

/** The inverse of `dumpConfig`. */
export function restoreConfig(json: string): Config {
  const rows: unknown = JSON.parse(json);
  if (!Array.isArray(rows)) throw unreadable();
  return configOf(rows.map(restoreEntry), []);
}

function restoreEntry(row: unknown): RawEntry {
  if (!Array.isArray(row)) throw unreadable();
  const [key, spelled, text, file, line]: readonly unknown[] = row;
  if (typeof key !== 'string' || typeof spelled !== 'string' || typeof text !== 'string') throw unreadable();
  if (typeof file !== 'string' || typeof line !== 'number' || findKey(key) === undefined) throw unreadable();
  return { key, spelled, text, origin: { file, line } };
}

function unreadable(): LxcError {
  return new LxcError('Failed to read the recorded configuration: it was written by another version');
}
