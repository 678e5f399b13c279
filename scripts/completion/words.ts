/** What may stand behind an option, or as the operand of a command: derived from what the help calls it. */

import { type Command, common, optionsOf } from '../../src/cli/command.ts';
import { columns } from '../../src/cli/ls-text.ts';
import type { Option } from '../../src/cli/option.ts';
import { namespaceNames } from '../../src/config/codecs/security.ts';
import { spellingsNow } from '../../src/config/describe.ts';
import { logLevels, systemKeys } from '../../src/config/index.ts';
import { states } from '../../src/run/states.ts';

/** The shells know how to list files, directories and users; containers are asked of `lxc-ls`. */
export type Kind = 'files' | 'directories' | 'users' | 'containers' | 'words' | 'nothing';

export interface Values {
  readonly kind: Kind;
  readonly words: readonly string[];
  /** What may follow a word without a blank: `=` after a key. */
  readonly suffix: '' | '=';
}

const nothing: Values = { kind: 'nothing', words: [], suffix: '' };

function kind(name: Kind): Values {
  return { ...nothing, kind: name };
}

function words(list: readonly string[], suffix: Values['suffix'] = ''): Values {
  return { kind: 'words', words: list, suffix };
}

const keys = spellingsNow();
const signals = ['HUP', 'INT', 'QUIT', 'KILL', 'USR1', 'USR2', 'TERM', 'CONT', 'STOP', 'PWR', 'WINCH'];

/** By metavar; a new one that is not listed is completed by nothing. */
const byMetavar: Readonly<Record<string, Values>> = {
  COLUMNS: words(Object.keys(columns)),
  DIR: kind('directories'),
  FILE: kind('files'),
  FLAGS: words(['MOUNT', 'PID', 'UTSNAME', 'IPC', 'USER', 'NETWORK', 'CGROUP']),
  FORMAT: words(['json', 'text']),
  json: words(['json']),
  KEY: words(keys),
  'KEY=VALUE': words(keys, '='),
  LEVEL: words([...logLevels]),
  'NAME|PID': kind('containers'),
  NAMESPACES: words([...namespaceNames]),
  PATH: kind('directories'),
  STATE: words([...states]),
  TEMPLATE: words(['busybox', 'debian', 'download', 'local', 'none', 'oci']),
  TYPE: words(['best', 'btrfs', 'dir', 'loop', 'lvm', 'nbd', 'overlay', 'rbd', 'zfs']),
  USER: kind('users'),
};

/** Options that the shells offer: those with a long name. */
export function offered(command: Command): readonly Option<unknown>[] {
  return optionsOf(command).filter(({ long }) => long !== undefined);
}

export function valuesOf(command: Command, option: Option<unknown>): Values {
  const { metavar } = option;
  const isName = option === common.name || (command.name === 'lxc-monitor' && option.long === 'name');
  if (isName) return kind('containers');
  return metavar === undefined ? nothing : (byMetavar[metavar] ?? nothing);
}

/** What the words behind the options are; `named` commands take the container first. */
export function operandsOf(command: Command): Values {
  const own = operands[command.name];
  if (own !== undefined) return own;
  if (command.named) return kind('containers');
  const choices = (command.operands ?? '').match(/^[a-z]+(\|[a-z]+)*$/)?.[0];
  if (choices !== undefined) return words(choices.split('|'));
  return command.operands === 'DIRECTORY' ? kind('directories') : nothing;
}

const operands: Readonly<Record<string, Values>> = {
  'lxc-config': words(systemKeys.map(({ name }) => name)),
  'lxc-config explain': words(keys),
  'lxc-ls': kind('containers'),
  'lxc-monitor': kind('containers'),
  'lxcfs eject': kind('containers'),
  'lxcfs explain': kind('containers'),
  'lxcfs inject': kind('containers'),
  'lxcfs reattach': kind('containers'),
};

/** Behind the name of the container. */
export function secondOf(command: Command): Values {
  return command.name === 'lxc-kill' ? words(signals) : nothing;
}

/** The second words of `lxcfs status` and the like. */
export function partsOf(name: string, all: readonly Command[]): readonly string[] {
  return all.flatMap((command) =>
    command.name.startsWith(`${name} `) ? [command.name.slice(name.length + 1)] : [],
  );
}
