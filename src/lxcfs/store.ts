/**
 * State that goes from one read to the next, shared by the servers of a mount: one small file per subject and kind in
 * a directory of a tmpfs. A writer may die or meet another in the middle: a text that does not match its checksum
 * is read again, and at last counts as none.
 */

import { closeSync, openSync, readSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectories } from '../base/make-directories.ts';
import type { State } from './answer.ts';
import { checksum } from './checksum.ts';

/** What is kept under a key: parts of the state, or what the sampler is asked for. */
export interface Saved extends State {
  readonly request?: LoadRequest;
}

/** Count the tasks of these cgroups, which are those of the container whose init this is. */
export interface LoadRequest {
  readonly init: number;
  readonly started: number;
  readonly directories: readonly string[];
}

export interface Store {
  read(key: string): Saved | undefined;
  write(key: string, value: Saved): void;
  /** The value as it is kept; for `holds`. */
  text(key: string): string | undefined;
  /** It is what it was when `text` was that. */
  holds(key: string, text: string): boolean;
  /** Closes descriptors not used since the last two calls. */
  sweep(): void;
}

/** For one process that need not share: tests, `lxcfs explain`. */
export function memoryStore(): Store {
  const values = new Map<string, Saved>();
  const text = (key: string) => JSON.stringify(values.get(key));
  return {
    read: (key) => values.get(key),
    write: (key, value) => values.set(key, value),
    text,
    holds: (key, kept) => text(key) === kept,
    sweep: () => {},
  };
}

interface Open {
  readonly descriptor: number;
  round: number;
}

const attempts = 3;

export function fileStore(directory: string): Store {
  makeDirectories(directory, 0o700);
  const open = new Map<string, Open>();
  let round = 0;

  const descriptorOf = (key: string, create: boolean): number | undefined => {
    const found = open.get(key);
    if (found !== undefined) {
      found.round = round;
      return found.descriptor;
    }
    const descriptor = openFile(join(directory, key), create);
    if (descriptor !== undefined) open.set(key, { descriptor, round });
    return descriptor;
  };

  const text = (key: string): string | undefined => {
    const descriptor = descriptorOf(key, false);
    return descriptor === undefined ? undefined : readText(descriptor);
  };

  const read = (key: string): Saved | undefined => {
    const descriptor = descriptorOf(key, false);
    if (descriptor === undefined) return undefined;
    for (let attempt = 0; attempt < attempts; attempt++) {
      const value = unseal(readText(descriptor));
      if (value !== undefined) return value;
    }
    return undefined;
  };

  const write = (key: string, value: Saved) => {
    const descriptor = descriptorOf(key, true);
    if (descriptor !== undefined) writeSync(descriptor, seal(value), 0, 'latin1');
  };

  const sweep = () => {
    round++;
    for (const [key, { descriptor, round: last }] of open) {
      if (last >= round - 2) continue;
      closeSync(descriptor);
      open.delete(key);
    }
  };
  return { read, write, text, holds: (key, kept) => text(key) === kept, sweep };
}

/** O_RDWR without truncation, made when it is to be written. */
function openFile(path: string, create: boolean): number | undefined {
  try {
    return openSync(path, 'r+');
  } catch {
    return create ? createFile(path) : undefined;
  }
}

function createFile(path: string): number | undefined {
  try {
    return openSync(path, 'wx+', 0o600);
  } catch {
    return undefined;
  }
}

const buffer = Buffer.allocUnsafeSlow(1024 * 1024);

function readText(descriptor: number): string {
  const length = readSync(descriptor, buffer, 0, buffer.length, 0);
  return buffer.toString('latin1', 0, length);
}

/** `CHECKSUM LENGTH TEXT`; what an earlier, longer text left behind it does not count. */
export function seal(value: Saved): string {
  const text = JSON.stringify(value);
  return `${checksum(text)} ${text.length} ${text}`;
}

export function unseal(sealed: string): Saved | undefined {
  const [sum, length] = sealed.slice(0, 40).split(' ');
  if (sum === undefined || length === undefined) return undefined;
  const start = sum.length + length.length + 2;
  const text = sealed.slice(start, start + Number(length));
  return checksum(text) === sum ? JSON.parse(text) : undefined;
}

export function removeState(directory: string, key: string): void {
  rmSync(join(directory, key), { force: true });
}
