/**
 * The log of one command, in the line form of LXC's log files: `lxc-start foo 20260131235959.123 ERROR    start -
 * message`, and in the system's log where the configuration names a facility.
 */

import { closeSync, fstatSync, openSync, renameSync, statSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { reason } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import { makeDirectories } from '../base/make-directories.ts';
import { type Config, type LogLevel, logLevels } from '../config/index.ts';
import type { Session } from './session.ts';

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
  /** Bytes at which the file becomes FILE.1 and a new one begins; `undefined` for never. */
  readonly limit?: number | undefined;
  readonly syslog?: Syslog | undefined;
}

/** The system's log, which a caller reaches and the brain does not. */
export interface Syslog {
  readonly facility: string;
  readonly pid: number;
  readonly send: (line: string) => void;
}

export class Log {
  readonly file: string | undefined;
  readonly level: LogLevel;
  readonly #options: LogOptions;
  #fd: number | undefined;

  constructor(options: LogOptions) {
    this.file = options.file;
    this.level = options.level;
    this.#options = options;
    this.#fd = options.file === undefined ? undefined : openLog(options.file);
  }

  /** `category` is the part of the program that speaks, such as `start` or `network`. */
  write(level: LogLevel, category: string, message: string): void {
    if (logLevels.indexOf(level) < logLevels.indexOf(this.level)) return;
    const { program, name, syslog } = this.#options;
    const words = `${level.padEnd(8)} ${category} - ${message}`;
    syslog?.send(syslogLine(syslog, level, program, `${name} ${words}`));
    if (this.#fd === undefined) return;
    this.#rotate(this.#fd);
    writeSync(this.#fd, `${program} ${name} ${stamp(new Date())} ${words}\n`);
  }

  /** Another process may have put the file away already: then only ours is stale. */
  #rotate(fd: number): void {
    const { file, limit = 0 } = this.#options;
    if (file === undefined || limit === 0 || fstatSync(fd).size < limit) return;
    if (statSync(file, { throwIfNoEntry: false })?.ino === fstatSync(fd).ino) renameSync(file, `${file}.1`);
    closeSync(fd);
    this.#fd = openLog(file);
  }

  close(): void {
    if (this.#fd !== undefined) closeSync(this.#fd);
    this.#fd = undefined;
  }
}

const daemonFacility = 3;
const firstLocal = 16;

/** The severities of syslog, of FATAL (0, emerg) to TRACE (7, debug). */
const severities: Readonly<Record<LogLevel, number>> = {
  TRACE: 7,
  DEBUG: 7,
  INFO: 6,
  NOTICE: 5,
  WARN: 4,
  ERROR: 3,
  CRIT: 2,
  ALERT: 1,
  FATAL: 0,
};

export function syslogLine(
  { facility, pid }: Syslog,
  level: LogLevel,
  program: string,
  text: string,
): string {
  const local = /^local([0-7])$/.exec(facility)?.[1];
  const number = local === undefined ? daemonFacility : firstLocal + Number(local);
  return `<${number * 8 + severities[level]}>${program}[${pid}]: ${text}`;
}

function openLog(file: string): number {
  try {
    makeDirectories(dirname(file));
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

/** What a configuration says of the log, for a caller who reaches the system's. */
export function logKeysOf(
  config: Config,
  session: Pick<Session, 'pid' | 'syslog'>,
): Pick<LogOptions, 'limit' | 'syslog'> {
  const facility = config.value('lxc.log.syslog');
  const send = (line: string) => session.syslog(line);
  return {
    limit: config.value('lxcts.log.size'),
    syslog: facility === undefined ? undefined : { facility, pid: session.pid, send },
  };
}
