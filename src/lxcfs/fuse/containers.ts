/**
 * Containers of the by-name tree: a name, by its record, is the pid of its init. A name that
 * several container paths use at the same time stands for none of them, and its readers are known by their pid.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { recordEnding, recordMagic, recordTags } from '../../wire/frames.ts';
import type { Subject, View } from '../contract.ts';

export class Containers {
  readonly #directory: string;
  readonly #subjectOf: View['subjectOf'];
  readonly #pids = new Map<string, { readonly pid: number; readonly started: number }>();

  /** `directory` is the one of the run directories, /run/lxc-ts. */
  constructor(directory: string, subjectOf: View['subjectOf']) {
    this.#directory = directory;
    this.#subjectOf = subjectOf;
  }

  names(): readonly string[] {
    const files = this.#paths().flatMap((path) => list(`${this.#directory}/${path}`));
    const names = files.flatMap((file) =>
      file.endsWith(recordEnding) ? [file.slice(0, -recordEnding.length)] : [],
    );
    return [...new Set(names)].filter(isName).sort();
  }

  has(name: string): boolean {
    return isName(name) && this.#paths().some((path) => this.#record(path, name) !== undefined);
  }

  /** `undefined` where its init is not known (yet). */
  subject(name: string): Subject | undefined {
    const known = this.#pids.get(name);
    const subject = known && this.#subjectOf(known.pid);
    if (subject !== undefined && subject.started === known?.started) return subject;
    this.#pids.delete(name);
    return this.#find(name);
  }

  #find(name: string): Subject | undefined {
    const found = this.#paths()
      .map((path) => this.#record(path, name))
      .filter((record) => record !== undefined);
    const init = found.length === 1 && found[0] !== undefined ? initOf(found[0]) : undefined;
    const subject = init && this.#subjectOf(init.pid);
    if (init === undefined || subject?.started !== init.started) return undefined;
    this.#pids.set(name, init);
    return subject;
  }

  #paths(): readonly string[] {
    return list(this.#directory).filter((path) => /^[0-9a-f]{16}$/.test(path));
  }

  #record(path: string, name: string): Buffer | undefined {
    try {
      return readFileSync(`${this.#directory}/${path}/${name}${recordEnding}`);
    } catch {
      return undefined;
    }
  }
}

function isName(name: string): boolean {
  return name !== '' && name !== '.' && name !== '..' && !/[/\n]/.test(name);
}

function list(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch {
    return [];
  }
}

/** The last init entry: a reboot appends another. */
export function initOf(record: Buffer): { readonly pid: number; readonly started: number } | undefined {
  if (record.toString('latin1', 0, recordMagic.length) !== recordMagic) return undefined;
  let init: { readonly pid: number; readonly started: number } | undefined;
  for (let at = recordMagic.length; at + 8 <= record.length; ) {
    const length = record.readUInt32LE(at);
    const data = at + 8;
    if (record.readUInt32LE(at + 4) === recordTags.init && length >= 16 && data + 16 <= record.length)
      init = { pid: record.readUInt32LE(data), started: Number(record.readBigUInt64LE(data + 8)) };
    at = data + length;
  }
  return init;
}
