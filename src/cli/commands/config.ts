/** lxc-config: the settings of the whole system, as lxc.conf sets them or by default. */

import { LxcError } from '../../base/error.ts';
import { systemKeys } from '../../config/system.ts';
import { systemConfig } from '../../run/places.ts';
import type { Session } from '../../run/session.ts';
import type { Command } from '../command.ts';
import { format, jsonText } from '../format.ts';
import { flag } from '../option.ts';

const list = flag({ short: 'l', long: 'list', help: 'List all configuration items' });

export const config: Command = {
  name: 'lxc-config',
  summary: 'Print a setting of the whole system',
  operands: '[ITEM]',
  named: false,
  options: [list, format],
  run(invocation, session) {
    const [asked = ''] = invocation.operands;
    const isAll = invocation.get(list);
    if (invocation.get(format) === 'json') return sayJson(session, isAll ? '' : asked);
    if (isAll) return say(session, items.map(({ name }) => name).join('\n'));
    if (asked === '') return say(session, usage);
    const item = itemOf(asked);
    if (item === undefined) return say(session, `Unknown configuration item: ${asked}`, 1);
    return say(session, settingOf(session, item).value ?? `${item.name} is not set.`);
  },
};

const usage = `Usage: lxc-config -l: list all available configuration items
       lxc-config item: print configuration item`;

/** In the order that decides which item a shortened name means; lxc-config does not know the storage of RBD. */
const items = systemKeys.filter(({ name }) => !name.includes('.rbd.'));

type Item = (typeof items)[number];

/** LXC compares as many characters as were typed; the first item that fits is meant. */
function itemOf(asked: string): Item | undefined {
  return items.find(({ name }) => name.startsWith(asked));
}

export interface Setting {
  readonly key: string;
  /** `null` where it is not set and has no default. */
  readonly value: string | null;
  readonly summary: string;
}

function settingOf(session: Session, { name, doc }: Item): Setting {
  return { key: name, value: systemConfig(session).values[name] ?? null, summary: doc };
}

/** One item, or all where none was asked for: a program wants no text about how this is used. */
function sayJson(session: Session, asked: string): number {
  const item = itemOf(asked);
  if (item === undefined)
    throw new LxcError(`Failed to print ${asked}: there is no such configuration item`, {
      hint: 'lxc-config -l lists all',
    });
  const all = () => items.map((one) => settingOf(session, one));
  session.out(jsonText(asked === '' ? all() : settingOf(session, item)));
  return 0;
}

function say(session: Session, line: string, status = 0): number {
  session.out(`${line}\n`);
  return status;
}
