/** The page of one command, and lxc(1), which lists them all; from the tables that the commands read their options by. */

import { version } from '../../src/base/version.ts';
import { type Command, common, optionsOf } from '../../src/cli/command.ts';
import { format } from '../../src/cli/format.ts';
import type { Option } from '../../src/cli/option.ts';
import { bold, italic, item, line, page, paragraph, roff, section, seeAlso, subsection } from './roff.ts';

/** `lxcfs status` has the page lxcfs-status, which man finds under either spelling. */
export function pageName({ name }: Pick<Command, 'name'>): string {
  return name.replaceAll(' ', '-');
}

export function commandPage(command: Command, all: readonly Command[]): string {
  const shared = sharedOptions(command);
  const own = optionsOf(command).filter((option) => option.long !== undefined && !shared.includes(option));
  const heading = { name: pageName(command), section: 1, summary: lower(command.summary), version };
  return page(
    heading,
    section('SYNOPSIS', line(synopsis(command))),
    section('DESCRIPTION', line(roff(`${command.summary}.`)), ...alsoAs(command)),
    section('OPTIONS', ...own.map(optionItem), subsection('Common options', ...shared.map(optionItem))),
    section('"EXIT STATUS"', ...exits(command)),
    ...(command.options.includes(format) ? [jsonSection] : []),
    seeAlso([
      ...relatives(command, all).map((name) => [name, 1] as const),
      ['lxc', 1],
      ['lxc.container.conf', 5],
      ['lxc.conf', 5],
    ]),
  );
}

export function overviewPage(all: readonly Command[]): string {
  return page(
    { name: 'lxc', section: 1, summary: 'containers of Linux', version },
    section(
      'SYNOPSIS',
      line(
        bold('lxc'),
        ' ',
        italic('COMMAND'),
        ' [',
        italic('OPTION'),
        '...]',
        ' [',
        italic('ARGUMENT'),
        '...]',
      ),
    ),
    section(
      'DESCRIPTION',
      line(bold('lxc start'), ' is ', bold('lxc-start'), ', and so are the other commands named lxc\\-.'),
      line(
        'All take ',
        bold('--help'),
        '. A container is a directory below the container path, with the file',
      ),
      line(bold('config'), ' in it.'),
    ),
    section('COMMANDS', ...all.map((command) => item(bold(command.name), line(roff(`${command.summary}.`))))),
    section(
      'FILES',
      item(bold('/etc/lxc/lxc.conf'), line('Settings of the installation.')),
      item(bold('/etc/lxc/default.conf'), line('What new containers start from.')),
      item(bold('/var/lib/lxc/NAME/config'), line('A container.')),
    ),
    seeAlso([
      ...all.map((command) => [pageName(command), 1] as const),
      ['lxc.container.conf', 5],
      ['lxc.conf', 5],
    ]),
  );
}

function sharedOptions(command: Command): readonly Option<unknown>[] {
  const { name: _, ...others } = common;
  return Object.values<Option<unknown>>(others).filter(
    (option) => option.long !== undefined && !command.options.includes(option),
  );
}

function synopsis(command: Command): string {
  const name = command.named ? ` [${bold('-n')}] ${italic('NAME')}` : '';
  const operands = command.operands === undefined ? '' : ` ${roff(command.operands)}`;
  return `${bold(command.name)}${name} [${italic('OPTION')}...]${operands}`;
}

function alsoAs({ name }: Command): readonly string[] {
  if (!name.startsWith('lxc-')) return [];
  return [paragraph, line(bold(name.replace('-', ' ')), ' is the same command.')];
}

export function optionItem(option: Option<unknown>): string {
  const short = option.short === undefined ? '' : `${bold(`-${option.short}`)}${shortArgument(option)}, `;
  return item(`${short}${bold(`--${option.long}`)}${longArgument(option)}`, line(roff(`${option.help}.`)));
}

function shortArgument({ metavar, arity }: Option<unknown>): string {
  if (metavar === undefined) return '';
  return arity === 'optional' ? `[${italic(metavar)}]` : ` ${italic(metavar)}`;
}

function longArgument({ metavar, arity }: Option<unknown>): string {
  if (metavar === undefined) return '';
  return arity === 'optional' ? `[=${italic(metavar)}]` : `=${italic(metavar)}`;
}

function exits({ nameless }: Command): readonly string[] {
  const none = nameless === undefined ? [] : [item(`${nameless}`, line('No container was named.'))];
  return [
    item('0', line('What was asked for was done.')),
    item('Others', line('It was not; standard error says what, why and what to do next.')),
    ...none,
  ];
}

const jsonSection = section(
  'JSON',
  line(
    'With ',
    bold('--format=json'),
    ' the same facts come as JSON; docs/json.md of the package names the fields.',
  ),
);

/** The parts of a command, and what they are parts of. */
function relatives({ name }: Command, all: readonly Command[]): readonly string[] {
  const [head] = name.split(' ');
  return all.filter((other) => other.name !== name && other.name.split(' ')[0] === head).map(pageName);
}

function lower(text: string): string {
  return text.charAt(0).toLowerCase() + text.slice(1);
}
