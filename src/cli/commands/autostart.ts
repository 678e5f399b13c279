/** lxc-autostart: start, reboot or stop the containers whose configuration asks for it, in the order it asks for. */

import { LxcError } from '../../base/error.ts';
import {
  type AutostartAct,
  type Candidate,
  candidates,
  perform,
  type Selection,
  selected,
} from '../../run/autostart.ts';
import { type Command, common, type Invocation } from '../command.ts';
import { format, jsonText } from '../format.ts';
import { flag, integer, list, parsed } from '../option.ts';

const options = {
  kill: flag({ short: 'k', long: 'kill', help: 'Kill the containers instead of starting them' }),
  list: flag({
    short: 'L',
    long: 'list',
    help: 'List the containers that would be touched, with their delay',
  }),
  reboot: flag({ short: 'r', long: 'reboot', help: 'Reboot the containers instead of starting them' }),
  shutdown: flag({ short: 's', long: 'shutdown', help: 'Shut the containers down instead of starting them' }),
  all: flag({ short: 'a', long: 'all', help: 'Whatever groups they are in' }),
  ignoreAuto: flag({ short: 'A', long: 'ignore-auto', help: 'Whatever lxc.start.auto says' }),
  groups: list({
    short: 'g',
    long: 'groups',
    metavar: 'GROUPS',
    help: 'Only these groups, one after the other, with commas between; an empty one is of those in no group',
  }),
  timeout: parsed(
    { short: 't', long: 'timeout', metavar: 'SECONDS', help: 'Wait this long before killing; 60' },
    integer,
  ),
  format,
} as const;

const defaultSeconds = 60;
const exits = { done: 0, allFailed: 1, someFailed: 2 } as const;

export const autostart: Command = {
  name: 'lxc-autostart',
  summary: 'Start, stop or reboot the containers that are to be started by themselves',
  named: false,
  options: Object.values(options),
  async run(invocation, session) {
    const [stray] = [invocation.name, ...invocation.operands].filter((word) => word !== '');
    if (stray !== undefined)
      throw new LxcError(`Failed to use '${stray}': containers are chosen by their configuration`, {
        hint: `lxc-start ${stray} starts one`,
      });
    const selection = selectionOf(invocation);
    const { lxcpath } = invocation;
    const all = candidates(session, lxcpath, (message) => invocation.warn(message));
    const chosen = selected(all, selection);
    if (invocation.get(options.list)) {
      session.out(listText(invocation, chosen, selection.act));
      return exits.done;
    }
    const seconds = invocation.get(options.timeout) ?? defaultSeconds;
    const logOptions = logOptionsOf(invocation);
    const failed = await perform(session, chosen, { lxcpath, act: selection.act, seconds, logOptions });
    if (failed.length === 0) return exits.done;
    return failed.length === chosen.length ? exits.allFailed : exits.someFailed;
  },
};

function selectionOf(invocation: Invocation): Selection {
  const given = invocation.get(options.groups);
  return {
    act: actOf(invocation),
    // Without -g only those of no group.
    groups: (given.length === 0 ? [''] : given).flatMap((text) => text.split(',').map((one) => one.trim())),
    all: invocation.get(options.all),
    ignoreAuto: invocation.get(options.ignoreAuto),
  };
}

/** The first of these counts where several are given, as in LXC. */
function actOf(invocation: Invocation): AutostartAct {
  for (const act of ['shutdown', 'kill', 'reboot'] as const) if (invocation.get(options[act])) return act;
  return 'start';
}

function listText(invocation: Invocation, chosen: readonly Candidate[], act: AutostartAct): string {
  if (invocation.get(options.format) === 'json')
    return jsonText(chosen.map(({ name, order, delay, groups }) => ({ name, order, delay, groups })));
  const hasDelay = act === 'start' || act === 'reboot';
  return chosen.map(({ name, delay }) => `${name}${hasDelay ? ` ${delay}` : ''}\n`).join('');
}

/** The commands that do the work log where this one does. */
function logOptionsOf(invocation: Invocation): readonly string[] {
  const [file, level] = [invocation.get(common.logfile), invocation.get(common.logpriority)];
  return [
    ...(level === undefined ? [] : ['-l', level]),
    ...(file === undefined ? [] : ['-o', file]),
    ...(invocation.quiet ? ['-q'] : []),
  ];
}
