/**
 * A command is one data object; its usage and help are derived from it. `Invocation` is what it gets: the options
 * read, the container named, the log opened.
 */

import { LxcError } from '../base/error.ts';
import type { Config, LogLevel } from '../config/index.ts';
import { Log, logKeysOf, parseLogLevel } from '../run/log.ts';
import { defaultLxcPath, logFileOf } from '../run/places.ts';
import type { Exit, Session } from '../run/session.ts';
import type { Match } from './getopt.ts';
import { flag, list, type Option, text } from './option.ts';

export interface Command {
  /** `lxc-start` */
  readonly name: string;
  /** One sentence, capital first, no full stop. */
  readonly summary: string;
  /** What stands behind the options in the first line of the help: `[-- COMMAND [ARG...]]`. */
  readonly operands?: string;
  /** Takes a container's name, by -n or as the first operand. */
  readonly named: boolean;
  /** The status without a name, where it is not 1. */
  readonly nameless?: number;
  /** What it does not know goes to another program: its own options end at the first foreign one. */
  readonly foreign?: boolean;
  /** Takes -P any number of times. */
  readonly manyPaths?: boolean;
  readonly options: readonly Option<unknown>[];
  /** Runs when -h is given, before the help is printed; its status is that of the command. */
  readonly beforeHelp?: (invocation: Invocation, session: Session) => Promise<number>;
  /** The status the command exits with. */
  run(invocation: Invocation, session: Session): Promise<number | Exit> | number | Exit;
}

/** What every command has, named `lxc-*` in LXC as well. */
export const common = {
  name: text({ short: 'n', long: 'name', metavar: 'NAME', help: 'Name of the container' }),
  lxcpath: list({ short: 'P', long: 'lxcpath', metavar: 'PATH', help: 'Use this container path' }),
  logfile: text({ short: 'o', long: 'logfile', metavar: 'FILE', help: 'Write a log to FILE' }),
  logpriority: text({
    short: 'l',
    long: 'logpriority',
    metavar: 'LEVEL',
    help: 'Log what is at least this important: FATAL to TRACE',
  }),
  quiet: flag({ short: 'q', long: 'quiet', help: 'Print no warnings and no errors' }),
  help: flag({ short: 'h', long: 'help', help: 'Print this help' }),
  question: { short: '?', arity: 'none', metavar: undefined, help: '', read: (values) => values.length > 0 },
  usage: flag({ long: 'usage', help: 'Print the options in short' }),
  version: flag({ long: 'version', help: 'Print the version number' }),
} as const satisfies Record<string, Option<unknown>>;

/** `--rcfile`, for commands where -f means something else or nothing. */
export const rcfile = text({ long: 'rcfile', metavar: 'FILE', help: 'Load this configuration file' });

/** `-f`, `--rcfile` of start, execute and attach. */
export const rcfileShort = text({
  short: 'f',
  long: 'rcfile',
  metavar: 'FILE',
  help: 'Load this configuration file',
});

/** Every option that the command understands, its own first. */
export function optionsOf(command: Command): readonly Option<unknown>[] {
  const { name, ...others } = common;
  return [...(command.named ? [name] : []), ...command.options, ...Object.values(others)];
}

export class Invocation {
  readonly program: string;
  /** '' where the command takes none, or none was given yet. */
  readonly name: string;
  /** What stands behind the options, the container's name taken out. */
  readonly operands: readonly string[];
  readonly #matches: readonly Match<Option<unknown>>[];
  readonly #session: Session;
  #lxcpath: string | undefined;
  #log: Log | undefined;
  #config: Config | undefined;

  constructor(
    command: Command,
    matches: readonly Match<Option<unknown>>[],
    operands: readonly string[],
    session: Session,
  ) {
    this.program = command.name;
    this.#matches = matches;
    this.#session = session;
    const given = command.named ? this.get(common.name) : '';
    this.name = given ?? operands[0] ?? '';
    this.operands = given === undefined ? operands.slice(1) : operands;
  }

  get<T>(option: Option<T>): T {
    return option.read(this.#matches.filter(({ row }) => row === option).map(({ value }) => value));
  }

  /** The container path: -P, or the default of lxc.conf; absolute, without a trailing slash. */
  get lxcpath(): string {
    this.#lxcpath ??= this.#readLxcpath();
    return this.#lxcpath;
  }

  /** -P if it was given. */
  get givenLxcpath(): string | undefined {
    return this.get(common.lxcpath).at(-1);
  }

  get log(): Log {
    this.#log ??= new Log({
      program: this.program,
      name: this.name,
      file: this.#logFile(),
      level: this.logLevel,
      ...(this.#config === undefined ? {} : logKeysOf(this.#config, this.#session)),
    });
    return this.#log;
  }

  /** From here on `lxc.log.*` count, where no option says otherwise. */
  useLogOf(config: Config): void {
    this.#log?.close();
    this.#log = undefined;
    this.#config = config;
  }

  get logLevel(): LogLevel {
    return parseLogLevel(this.get(common.logpriority) ?? this.#config?.value('lxc.log.level') ?? 'ERROR');
  }

  get quiet(): boolean {
    return this.get(common.quiet);
  }

  /** A line for the user that does not end the command. */
  warn(message: string, category = 'lxc'): void {
    this.log.write('WARN', category, message);
    if (!this.quiet) this.#session.err(`${this.prefix}${message}\n`);
  }

  /** `lxc-start: foo: ` */
  get prefix(): string {
    return this.name === '' ? `${this.program}: ` : `${this.program}: ${this.name}: `;
  }

  /** Reads every option, so that a bad value is told before anything is done. */
  check(command: Command): void {
    for (const option of optionsOf(command)) this.get(option);
    if (command.named && this.name === '')
      throw new LxcError('No container name specified', {
        hint: `try ${this.program} --help`,
        exit: command.nameless ?? 1,
      });
    if (/^\.{0,2}$|[/\n]/.test(this.name) && command.named)
      throw new LxcError(`Failed to use '${this.name}' as a container name: it is a path`, {
        hint: 'name the directory of containers with -P',
      });
    if (command.manyPaths !== true && this.get(common.lxcpath).length > 1)
      throw new LxcError('This command only accepts 1 -P,--lxcpath arguments');
  }

  close(): void {
    this.#log?.close();
  }

  /** Of a command that takes several: every -P, or the default. */
  get lxcpaths(): readonly string[] {
    const given = this.get(common.lxcpath);
    return given.length === 0 ? [this.lxcpath] : given.map((path) => this.#absolute(path));
  }

  #readLxcpath(): string {
    return this.#absolute(this.givenLxcpath ?? defaultLxcPath(this.#session));
  }

  #absolute(path: string): string {
    // An absolute path stays as it is spelled: the name of the command socket is made of it.
    return (path.startsWith('/') ? path : this.#session.resolve(path)).replace(/(?<=.)\/+$/, '');
  }

  /** LXC's rule: -l before any -o turns the log on in a file of its own. */
  #logFile(): string | undefined {
    const file = this.get(common.logfile);
    if (file !== undefined) return file === 'none' ? undefined : this.#session.resolve(file);
    const configured = this.#config?.value('lxc.log.file');
    if (configured !== undefined) return this.#session.resolve(configured);
    if (this.get(common.logpriority) === undefined) return undefined;
    return logFileOf(this.#session, this.lxcpath, this.name);
  }
}
