/** Which keys a test put to use: those in the configurations of containers that its commands were about. */

import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseLine, sourceLines } from '../../../src/config/grammar.ts';
import { define, effectOf, type Key, keys, nodeConfigIo, parseConfig } from '../../../src/config/index.ts';
import { findKey, modernSpelling } from '../../../src/config/lookup.ts';

/** A command that is under way: what the configuration of its containers said when it began. */
export interface Command {
  readonly verb: string;
  readonly set: readonly Setting[];
}

interface Setting {
  readonly key: Key;
  /** Nobody but a start can act on it. */
  readonly atStart: boolean;
}

export class Configured {
  /** By a command that succeeded. */
  readonly used = new Set<Key>();
  /** By any command, also one that refused it. */
  readonly tried = new Set<Key>();

  ended({ verb, set }: Command, status: number): void {
    for (const { key, atStart } of set) {
      this.tried.add(key);
      // An execute ends as its command does.
      const worked = status === 0 || verb === 'execute';
      if (worked && (!atStart || isStart(verb))) this.used.add(key);
    }
  }
}

function isStart(verb: string): boolean {
  return ['start', 'execute', 'autostart'].includes(verb);
}

/** `undefined` where it is no command of LXC. */
export function commandOf(argv: readonly string[]): Command | undefined {
  const at = argv.findIndex((word) => /^lxc-[a-z]+$/.test(basename(word)));
  if (at < 0) return undefined;
  const verb = basename(argv[at] ?? '').slice('lxc-'.length);
  const words = argv.slice(at + 1);
  const own = words.indexOf('--') < 0 ? words : words.slice(0, words.indexOf('--'));
  const definitions = valuesOf(own, 's');
  return { verb, set: filesOf(own).flatMap((file) => settings(file, definitions)) };
}

function valuesOf(words: readonly string[], letter: string): string[] {
  return words.flatMap((word, index) => (words[index - 1] === `-${letter}` ? [word] : []));
}

/** The configuration files of the containers that it is about. */
function filesOf(words: readonly string[]): string[] {
  const lxcpath = valuesOf(words, 'P')[0] ?? '/var/lib/lxc';
  const [file] = valuesOf(words, 'f');
  if (file !== undefined && existsSync(file)) return [file];
  const named = [...valuesOf(words, 'n'), ...words.filter((word) => !word.startsWith('-'))];
  const names = named.length > 0 ? named : namesIn(lxcpath);
  const files = names.map((name) => join(lxcpath, name, 'config'));
  return [...new Set(files)].filter((path) => existsSync(path));
}

function namesIn(lxcpath: string): string[] {
  return existsSync(lxcpath) ? readdirSync(lxcpath) : [];
}

function settings(file: string, definitions: readonly string[]): Setting[] {
  const text = readFileSync(file, 'utf8');
  const written = sourceLines(text).flatMap((line) => writtenKey(line.text));
  return [...written, ...effective(text, file, definitions)];
}

/** Includes, and groups that are cleared, are gone when the file has been read. */
function writtenKey(line: string): Setting[] {
  const parsed = parseLine(line);
  const key = parsed?.kind === 'setting' ? patternOf(parsed.key) : undefined;
  if (key === undefined || (key !== 'lxc.include' && keys[key].kind !== 'group')) return [];
  return [{ key, atStart: true }];
}

function effective(text: string, file: string, definitions: readonly string[]): Setting[] {
  const io = nodeConfigIo({ cwd: '/', env: process.env });
  try {
    const { entries } = define(parseConfig(text, { file, io }), definitions, io);
    return entries.flatMap((entry) => {
      const key = patternOf(entry.key);
      return key === undefined ? [] : [{ key, atStart: effectOf(entry) !== 'none' }];
    });
  } catch {
    // What cannot be read is nobody's configuration; the command says so.
    return [];
  }
}

const names: readonly Key[] = Object.keys(keys).filter(isKey);

function isKey(name: string): name is Key {
  return name in keys;
}

/** The key as the table has it: `lxc.net.<n>.type` for `lxc.network.type` and `lxc.net.3.type`. */
export function patternOf(spelled: string): Key | undefined {
  const modern = modernSpelling(spelled)?.replace('<n>', '0') ?? spelled;
  const row = (findKey(spelled) ?? findKey(modern))?.row;
  return names.find((name) => Object.is(keys[name], row));
}
