/** lxc-monitor: what the containers of one or several container paths do, as it happens. */

import { type MonitorEvent, quitMonitord, watchEvents } from '../../run/monitord.ts';
import type { Session } from '../../run/session.ts';
import { type Command, type Invocation, rcfile } from '../command.ts';
import { extendedRegExp } from '../extended-regexp.ts';
import { format } from '../format.ts';
import { flag, text } from '../option.ts';

const options = {
  name: text({
    short: 'n',
    long: 'name',
    metavar: 'REGEX',
    help: 'Only containers whose whole name matches',
  }),
  quit: flag({ short: 'Q', long: 'quit', help: 'Tell lxc-monitord to quit' }),
  format,
  rcfile,
} as const;

export const monitor: Command = {
  name: 'lxc-monitor',
  summary: 'Show the states that containers come to',
  operands: '[REGEX]',
  named: false,
  manyPaths: true,
  options: Object.values(options),
  async run(invocation, session) {
    if (invocation.get(options.quit)) {
      for (const lxcpath of invocation.lxcpaths) await quitMonitord(lxcpath);
      return 0;
    }
    await show(invocation, session);
    return 0;
  },
};

async function show(invocation: Invocation, session: Session): Promise<void> {
  const pattern = extendedRegExp(`^(?:${invocation.get(options.name) ?? invocation.operands[0] ?? '.*'})$`);
  const lineOf = invocation.get(options.format) === 'json' ? jsonLine : textLine;
  await watchEvents(session, invocation.lxcpaths, (event) => {
    if (pattern.test(event.name)) session.out(lineOf(event));
  });
}

function textLine(event: MonitorEvent): string {
  if (event.kind === 'exit') return `'${event.name}' exited with status [${event.status}]\n`;
  return `'${event.name}' changed state to [${event.state}]\n`;
}

/** One object a line, because they never end. */
function jsonLine(event: MonitorEvent): string {
  const { lxcpath, name } = event;
  const what = event.kind === 'exit' ? { exited: event.status } : { state: event.state };
  return `${JSON.stringify({ name, lxcpath, ...what })}\n`;
}
