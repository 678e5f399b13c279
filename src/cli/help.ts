/** The texts that are derived from a command: help, the short usage, and the list of all commands. */

import { type Command, common, optionsOf } from './command.ts';
import type { Option } from './option.ts';

const width = 78;

export function helpText(command: Command): string {
  const own = command.named ? [common.name, ...command.options] : command.options;
  const shared = optionsOf(command).filter((option) => !own.includes(option) && option.long !== undefined);
  const groups = own.length === 0 ? [] : ['\nOptions:\n', ...own.map(optionHelp)];
  return [
    `Usage: ${headline(command)}\n\n${command.summary}\n`,
    ...groups,
    '\nCommon options:\n',
    ...shared.map(optionHelp),
    '\nAn argument of a long option belongs to its short form too.\n',
  ].join('');
}

function headline(command: Command): string {
  const operands = command.operands === undefined ? '' : ` ${command.operands}`;
  return `${command.name}${command.named ? ' [-n] NAME' : ''} [OPTION...]${operands}`;
}

function optionHelp(option: Option<unknown>): string {
  const short = option.short === undefined ? '    ' : `-${option.short}, `;
  const head = `  ${short}${longName(option)}`;
  const column = 28;
  const [first = '', ...more] = fold(option.help, width - column);
  const start = head.length < column ? head.padEnd(column) : `${head}\n${' '.repeat(column)}`;
  return [start + first, ...more.map((line) => ' '.repeat(column) + line)]
    .map((line) => `${line}\n`)
    .join('');
}

function longName({ long, arity, metavar }: Option<unknown>): string {
  if (arity === 'none' || metavar === undefined) return `--${long}`;
  return arity === 'optional' ? `--${long}[=${metavar}]` : `--${long}=${metavar}`;
}

function fold(text: string, columns: number): string[] {
  const lines: string[] = [];
  let line = '';
  for (const word of text.split(' ')) {
    if (line !== '' && line.length + 1 + word.length > columns) {
      lines.push(line);
      line = word;
    } else {
      line = line === '' ? word : `${line} ${word}`;
    }
  }
  return [...lines, line];
}

/** All options in brackets, four in a row, as LXC prints them. */
export function usageText(command: Command): string {
  const items = optionsOf(command)
    .filter((option) => option.long !== undefined)
    .map((option) => `[${option.short === undefined ? '' : `-${option.short}|`}${longName(option)}]`);
  const rows: string[] = [];
  for (let at = 0; at < items.length; at += 4) rows.push(items.slice(at, at + 4).join(' '));
  return `Usage: ${command.name} ${rows.join('\n\t')}\n`;
}
