/** lxc-execute: run a command in a container of its own, under a small init. */

import { LxcError } from '../../base/error.ts';
import { nodeConfigIo, setItem } from '../../config/index.ts';
import { requestOf } from '../../run/prepare.ts';
import type { Session } from '../../run/session.ts';
import { start } from '../../run/start.ts';
import type { Command, Invocation } from '../command.ts';
import { flag, integer, parsed } from '../option.ts';
import { loadFor, reporterOf, sharesOf, startOptions } from '../start-options.ts';

const options = {
  daemon: flag({ short: 'd', long: 'daemon', help: 'Run in the background' }),
  ...startOptions,
  uid: parsed({ short: 'u', long: 'uid', metavar: 'UID', help: 'Run as this user' }, integer),
  gid: parsed({ short: 'g', long: 'gid', metavar: 'GID', help: 'Run as this group' }, integer),
} as const;

export const execute: Command = {
  name: 'lxc-execute',
  summary: 'Run a command in a container of its own',
  operands: '[-- COMMAND [ARG...]]',
  named: true,
  options: Object.values(options),
  async run(invocation, session) {
    const { config, file } = loadFor(invocation, session);
    const { lxcpath, name } = invocation;
    const choices = {
      kind: 'execute',
      detach: invocation.get(options.daemon),
      command: invocation.operands,
      configFile: file,
      pidfile: undefined,
      shares: sharesOf(invocation),
    } as const;
    const request = requestOf(session, { lxcpath, name }, choices, invocation);
    const head = {
      request,
      config: withIds(invocation, session, config),
      logFile: invocation.log.file,
    };
    if ((await start(session, head, reporterOf(invocation, session))) === 'started') return 0;
    throw new LxcError('Failed to run an application inside the container: the name is running already', {
      hint: `choose another name, or run the command there with lxc-attach -n ${name}`,
    });
  },
};

/** -u and -g are lines of the configuration said last. */
function withIds(invocation: Invocation, session: Session, config: Parameters<typeof setItem>[0]) {
  const ids = [
    { key: 'lxc.init.uid', value: invocation.get(options.uid), file: '--uid' },
    { key: 'lxc.init.gid', value: invocation.get(options.gid), file: '--gid' },
  ];
  return ids.reduce(
    (before, { key, value, file }) =>
      value === undefined
        ? before
        : setItem(before, { key, text: String(value) }, { file, line: 1 }, nodeConfigIo(session)),
    config,
  );
}
