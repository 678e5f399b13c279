/**
 * From the first word of a command line to an exit status. The one place that prints errors:
 * `lxc-start: foo: foo.conf:12: message; hint`.
 */

import { basename } from 'node:path';
import { LxcError } from '../base/error.ts';
import { version } from '../base/version.ts';
import type { Exit, Session } from '../run/session.ts';
import { type Command, common, Invocation, optionsOf } from './command.ts';
import { commands } from './commands.ts';
import { beforeForeign, getopt, type Match } from './getopt.ts';
import { helpText, usageText } from './help.ts';
import type { Option } from './option.ts';

export async function main(session: Session): Promise<Exit> {
  const [argv0 = 'lxc', ...args] = session.argv;
  const program = basename(argv0);
  const [name, rest] = program === 'lxc' ? verb(args) : part(program, args);
  const load = commands[name];
  if (load === undefined) return unknown(session, name, rest);
  return exitOf(await runCommand(await load(), rest, session));
}

/** `lxc start foo` is `lxc-start foo`. */
function verb(args: readonly string[]): readonly [string, readonly string[]] {
  const [first = '', ...rest] = args;
  return first.startsWith('-') || first === '' ? [first, rest] : [`lxc-${first}`, rest];
}

/** `lxcfs status` is a command of its own, `lxcfs DIRECTORY` is not. */
function part(program: string, [first, ...rest]: readonly string[]): readonly [string, readonly string[]] {
  const name = `${program} ${first}`;
  if (first !== undefined && commands[name] !== undefined) return [name, rest];
  return [program, first === undefined ? [] : [first, ...rest]];
}

function unknown(session: Session, name: string, rest: readonly string[]): Exit {
  if (name === '--version') return say(session, `${version}\n`);
  const list = `Usage: lxc COMMAND [OPTION...]\n\nCommands: ${Object.keys(commands).map(verbOf).join(' ')}\n`;
  if (name === '--help' || name === '-h' || (name === 'lxc-help' && rest.length === 0))
    return tell(session, list, 0);
  if (name === '') return tell(session, list, 1);
  return tell(session, `lxc: No such command: ${verbOf(name)}; lxc --help lists all\n`, 1);
}

function verbOf(name: string): string {
  return name.replace(/^lxc-/, '');
}

function runCommand(
  command: Command,
  args: readonly string[],
  session: Session,
): Promise<number | Exit> | number | Exit {
  const options = optionsOf(command);
  const words = command.foreign === true ? beforeForeign(args, options) : args;
  const scan = getopt(words, options, session.env.POSIXLY_CORRECT !== undefined);
  if ('complaint' in scan) {
    session.err(`${command.name}: ${scan.complaint}\n${helpText(command)}`);
    return 1;
  }
  const { beforeHelp } = command;
  if (beforeHelp !== undefined && scan.matches.some(({ row }) => row === common.help))
    return helped(command, beforeHelp, scan, session);
  return informed(command, scan.matches, session) ?? invoked(command, scan, session);
}

/** A command with more to say than its own help. */
async function helped(
  command: Command,
  beforeHelp: Command['run'],
  words: Words,
  session: Session,
): Promise<number | Exit> {
  const exit = await invoked({ ...command, named: false, run: beforeHelp }, words, session);
  session.err(helpText(command));
  return exit;
}

/** Help and the like, whatever else stands on the line. */
function informed(
  command: Command,
  matches: readonly Match<Option<unknown>>[],
  session: Session,
): Exit | undefined {
  const asked = (option: Option<unknown>) => matches.some(({ row }) => row === option);
  if (asked(common.question)) return tell(session, helpText(command), 1);
  if (asked(common.help)) return tell(session, helpText(command), 0);
  if (asked(common.usage)) return tell(session, usageText(command), 0);
  return asked(common.version) ? say(session, `${version}\n`) : undefined;
}

interface Words {
  readonly matches: readonly Match<Option<unknown>>[];
  readonly operands: readonly string[];
}

async function invoked(command: Command, words: Words, session: Session): Promise<number | Exit> {
  const invocation = new Invocation(command, words.matches, words.operands, session);
  try {
    invocation.check(command);
    session.laps.mark('read the command line');
    return await command.run(invocation, session);
  } catch (error) {
    return failed(error, invocation, session);
  } finally {
    invocation.close();
  }
}

function failed(error: unknown, invocation: Invocation, session: Session): number {
  const known = error instanceof LxcError;
  const message = known
    ? error.toString()
    : `Unexpected: ${error instanceof Error ? error.stack : String(error)}`;
  const logged = logError(invocation, message);
  if (!invocation.quiet || !known) session.err(`${invocation.prefix}${message}\n${logged}`);
  return known ? error.exit : 1;
}

/** The log may be what failed: that must not hide the first error. */
function logError(invocation: Invocation, message: string): string {
  try {
    invocation.log.write('ERROR', invocation.program, message);
    return '';
  } catch (error) {
    return error instanceof LxcError && error.toString() !== message ? `${invocation.prefix}${error}\n` : '';
  }
}

function say(session: Session, text: string): Exit {
  session.out(text);
  return exitOf(0);
}

function tell(session: Session, text: string, status: number): Exit {
  session.err(text);
  return exitOf(status);
}

function exitOf(exit: number | Exit): Exit {
  return typeof exit === 'number' ? { status: exit, signal: 0 } : exit;
}
