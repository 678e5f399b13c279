/** lxc-usernsexec: run a command as root of a new user namespace. */

import { runInUserNamespace } from '../../run/usernsexec.ts';
import type { Command } from '../command.ts';
import { flag, integer, list, parsed } from '../option.ts';

const options = {
  map: list({
    short: 'm',
    long: 'map',
    metavar: 'MAP',
    help: 'Ids to map: u, g or b for both, first id inside, first id outside, count (b:0:100000:65536)',
  }),
  self: flag({ short: 's', long: 'self', help: 'Map the own ids, too' }),
  uid: parsed({ short: 'u', long: 'uid', metavar: 'UID', help: 'Run as this user, not as root' }, integer),
  gid: parsed({ short: 'g', long: 'gid', metavar: 'GID', help: 'Run as this group' }, integer),
} as const;

export const usernsexec: Command = {
  name: 'lxc-usernsexec',
  summary: 'Run a command as root of a new user namespace',
  operands: '[-- COMMAND [ARG...]]',
  named: false,
  options: Object.values(options),
  run(invocation, session) {
    const { operands } = invocation;
    return runInUserNamespace(session, {
      maps: invocation.get(options.map),
      self: invocation.get(options.self),
      uid: invocation.get(options.uid) ?? 0,
      gid: invocation.get(options.gid) ?? 0,
      argv: operands.length === 0 ? ['/bin/sh'] : operands,
    });
  },
};
