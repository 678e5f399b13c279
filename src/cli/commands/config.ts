/** lxc-config: the settings of the whole system, as lxc.conf sets them or by default. */

import { systemKeys } from '../../config/system.ts';
import { systemConfig } from '../../run/places.ts';
import type { Session } from '../../run/session.ts';
import type { Command } from '../command.ts';
import { flag } from '../option.ts';

const list = flag({ short: 'l', long: 'list', help: 'List all configuration items' });

export const config: Command = {
  name: 'lxc-config',
  summary: 'Print a setting of the whole system',
  operands: '[ITEM]',
  named: false,
  options: [list],
  run(invocation, session) {
    const [asked = ''] = invocation.operands;
    if (invocation.get(list)) return say(session, items.join('\n'));
    if (asked === '') return say(session, usage);
    // LXC compares as many characters as were typed; the first item that fits is meant.
    const item = items.find((name) => name.startsWith(asked));
    if (item === undefined) return say(session, `Unknown configuration item: ${asked}`, 1);
    const value = systemConfig(session).values[item];
    return say(session, value === undefined ? `${item} is not set.` : value);
  },
};

const usage = `Usage: lxc-config -l: list all available configuration items
       lxc-config item: print configuration item`;

/** In the order that decides which item a shortened name means; lxc-config does not know the storage of RBD. */
const items = systemKeys.map(({ name }) => name).filter((name) => !name.includes('.rbd.'));

function say(session: Session, line: string, status = 0): number {
  session.out(`${line}\n`);
  return status;
}
