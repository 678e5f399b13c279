/** From files and `-s` definitions to a configuration. Includes are followed; a file that includes itself is refused. */

import { posix } from 'node:path';
import { LxcError, type Origin } from '../base/error.ts';
import { apply, type Draft, draftOf, seal, warn } from './draft.ts';
import { parseLine, quoted, sourceLines } from './grammar.ts';
import { spellings } from './lookup.ts';
import { nearest } from './nearest.ts';
import type { ConfigIo } from './types.ts';
import { type Config, configOf } from './view.ts';

export function loadConfig(file: string, io: ConfigIo): Config {
  const text = io.readFile(posix.resolve(io.cwd, file));
  if (text === undefined)
    throw new LxcError(`Failed to read the configuration ${file}: No such file or directory`);
  return parseConfig(text, { file, io });
}

export function parseConfig(
  text: string,
  { file, io }: { readonly file: string; readonly io: ConfigIo },
): Config {
  return extend(emptyConfig(), io, (reading) => readText({ ...reading, files: [file] }, text));
}

/** What is in effect where there is no file. */
export function emptyConfig(): Config {
  return configOf([], []);
}

/** The `-s` options of a command, in order; each is one line of the file format. */
export function define(config: Config, definitions: readonly string[], io: ConfigIo): Config {
  return extend(config, io, (reading) => {
    for (const [index, definition] of definitions.entries()) {
      const origin = { file: '-s', line: index + 1 };
      const line = parseLine(definition);
      if (line?.kind !== 'setting') throw notDefinition(definition, origin);
      readSetting(reading, line, origin);
    }
  });
}

function notDefinition(definition: string, origin: Origin): LxcError {
  return new LxcError(`Cannot define ${quoted(definition)}: it is not of the form lxc.KEY=VALUE`, { origin });
}

export interface Assignment {
  readonly key: string;
  /** Taken as it is, quotes and all; an empty text clears. */
  readonly text: string;
}

/** As one more line at the end would do: lists grow, scalars are replaced. `origin` says who asked for it. */
export function setItem(config: Config, item: Assignment, origin: Origin, io: ConfigIo): Config {
  return extend(config, io, (reading) => readSetting(reading, item, origin));
}

export function clearItem(config: Config, key: string, origin: Origin, io: ConfigIo): Config {
  return setItem(config, { key, text: '' }, origin, io);
}

interface Reading {
  readonly draft: Draft;
  readonly io: ConfigIo;
  /** The file that is read, after those that include it. */
  readonly files: readonly string[];
}

function extend(config: Config, io: ConfigIo, read: (reading: Reading) => void): Config {
  const draft = draftOf(config);
  read({ draft, io, files: [] });
  return seal(draft);
}

function readText(reading: Reading, text: string): void {
  const file = reading.files.at(-1) ?? '';
  for (const { number, text: line } of sourceLines(text)) readLine(reading, line, { file, line: number });
}

function readLine(reading: Reading, line: string, origin: Origin): void {
  const parsed = parseLine(line);
  if (parsed === undefined) return;
  if (parsed.kind === 'setting') readSetting(reading, parsed, origin);
  else if (parsed.kind === 'foreign') warnForeign(reading.draft, line, origin);
  else throw new LxcError(`Cannot read ${quoted(line.trim())}: the line has no "="`, { origin });
}

function warnForeign(draft: Draft, line: string, origin: Origin): void {
  const word = /^[^\s=]*/.exec(line.trim())?.[0] ?? '';
  const near = nearest(word, spellings());
  const hint = near === undefined ? '' : `; did you mean ${near}?`;
  warn(draft, origin, `${quoted(line.trim())} is ignored, since it does not start with "lxc."${hint}`);
}

function readSetting(reading: Reading, { key, text }: Assignment, origin: Origin): void {
  if (key !== 'lxc.include') apply(reading.draft, { spelled: key, text, origin }, reading.io);
  else if (text !== '') include(reading, text, origin);
}

/** A directory that does not exist is empty; a file must be there. */
function include(reading: Reading, path: string, origin: Origin): void {
  const { io } = reading;
  const names = io.list(posix.resolve(io.cwd, path));
  if (names !== undefined) {
    for (const name of names.filter(isFragment).sort()) include(reading, posix.join(path, name), origin);
  } else if (!path.endsWith('/')) {
    includeFile(reading, path, origin);
  }
}

function isFragment(name: string): boolean {
  return name.length > '.conf'.length && name.endsWith('.conf');
}

function includeFile(reading: Reading, path: string, origin: Origin): void {
  const { io, files } = reading;
  const absolute = posix.resolve(io.cwd, path);
  const again = files.findIndex((file) => posix.resolve(io.cwd, file) === absolute);
  if (again >= 0) {
    const circle = [...files.slice(again), path].join(' -> ');
    throw new LxcError(`Cannot include ${path}: it includes itself (${circle})`, { origin });
  }
  readText({ ...reading, files: [...files, path] }, readIncluded(absolute, path, origin, io));
}

function readIncluded(absolute: string, path: string, origin: Origin, io: ConfigIo): string {
  let text: string | undefined;
  try {
    text = io.readFile(absolute);
  } catch (error) {
    if (!(error instanceof LxcError)) throw error;
    throw new LxcError(`Cannot include ${path}: ${error.message}`, {
      origin,
      hint: error.hint,
      cause: error,
    });
  }
  if (text !== undefined) return text;
  throw new LxcError(`Cannot include ${path}: No such file or directory`, {
    origin,
    hint: posix.isAbsolute(path) ? undefined : `relative paths start at ${io.cwd}`,
  });
}
