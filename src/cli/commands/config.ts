/** lxc-config: the settings of the whole system, as lxc.conf sets them or by default. */

import { defaultLxcPath, home, systemSetting } from '../../run/places.ts';
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
    if (invocation.get(list)) return say(session, Object.keys(items).join('\n'));
    if (asked === '') return say(session, usage);
    // LXC compares as many characters as were typed; the first item that fits is meant.
    const item = Object.keys(items).find((name) => name.startsWith(asked));
    if (item === undefined) return say(session, `Unknown configuration item: ${asked}`, 1);
    const value = systemSetting(session, item) ?? items[item]?.(session);
    return say(session, value === undefined ? `${item} is not set.` : value);
  },
};

const usage = `Usage: lxc-config -l: list all available configuration items
       lxc-config item: print configuration item`;

/** In the order that decides which item a shortened name means; each with its default. */
const items: Readonly<Record<string, (session: Session) => string | undefined>> = {
  'lxc.default_config': (session) =>
    session.uid === 0 ? '/etc/lxc/default.conf' : home(session, '.config/lxc/default.conf'),
  'lxc.lxcpath': defaultLxcPath,
  'lxc.bdev.lvm.vg': () => 'lxc',
  'lxc.bdev.lvm.thin_pool': () => 'lxc',
  'lxc.bdev.zfs.root': () => 'lxc',
  'lxc.cgroup.use': () => undefined,
  'lxc.cgroup.pattern': () => undefined,
};

function say(session: Session, line: string, status = 0): number {
  session.out(`${line}\n`);
  return status;
}
