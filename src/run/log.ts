/**
 * The log of one command, in the line form of LXC's log files: `lxc-start foo 20260131235959.123 ERROR    start -
 * message`. Without a file nothing is kept, so a message below ERROR costs nothing.
 */

import { closeSync, mkdirSync, openSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { reason } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import { type LogLevel, logLevels } from '../config/index.ts';

export function parseLogLevel(text: string): LogLevel {
  const level = logLevels.find((name) => name === text.toUpperCase());
  if (level === undefined)
    throw new LxcError(`Failed to use '${text}' as a log priority`, {
      hint: `use one of ${logLevels.join(' ')}`,
    });
  return level;
}

export interface LogOptions {
  readonly program: string;
  readonly name: string;
  /** Absolute path, or `undefined` for no file. */
  readonly file: string | undefined;
  readonly level: LogLevel;
}

export class Log {
  readonly file: string | undefined;
  readonly level: LogLevel;
  readonly #start: string;
  readonly #fd: number | undefined;

  constructor({ program, name, file, level }: LogOptions) {
    this.file = file;
    this.level = level;
    this.#start = `${program} ${name}`;
    this.#fd = file === undefined ? undefined : openLog(file);
  }

  /** `category` is the part of the program that speaks, such as `start` or `network`. */
  write(level: LogLevel, category: string, message: string): void {
    if (this.#fd === undefined || logLevels.indexOf(level) < logLevels.indexOf(this.level)) return;
    writeSync(this.#fd, `${this.#start} ${stamp(new Date())} ${level.padEnd(8)} ${category} - ${message}\n`);
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
  }
}

function openLog(file: string): number {
  try {
    mkdirSync(dirname(file), { recursive: true });
    return openSync(file, 'a', 0o600);
  } catch (error) {
    throw new LxcError(`Failed to open the log file ${file}: ${reason(error)}`, {
      hint: 'name another one with -o, or -o none',
      cause: error,
    });
  }
}

/** YYYYMMDDhhmmss.mmm in UTC. */
function stamp(now: Date): string {
  return now.toISOString().replace(/[-T:Z]/g, '');
}
