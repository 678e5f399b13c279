/** lxc-ps: the ps of the host, with a column that tells the container. Gone from LXC since 1.0. */

import { LxcError } from '../../base/error.ts';
import { type Residents, residents } from '../../run/ps.ts';
import type { Command, Invocation } from '../command.ts';
import { flag, list } from '../option.ts';

const options = {
  name: list({
    short: 'n',
    long: 'name',
    metavar: 'NAME,...',
    help: 'Only processes of these containers',
  }),
  lxc: flag({ long: 'lxc', help: 'Only processes of containers' }),
  host: flag({ long: 'host', help: 'Only processes of the host' }),
} as const;

export const ps: Command = {
  name: 'lxc-ps',
  summary: 'Show processes with the containers that they are in',
  operands: '[--] [PS_OPTION...]',
  named: false,
  foreign: true,
  options: Object.values(options),
  async run(invocation, session) {
    const inside = insideOf(invocation);
    const words = [invocation.name, ...invocation.operands].filter((word) => word !== '');
    const { status, output } = await session.spawn({
      argv: ['ps', ...(inside === undefined ? [] : ['-e']), ...words],
      stdio: 'capture',
    });
    if (status !== 0)
      throw new LxcError(output.trim() || 'Failed to run ps: there is none in the PATH', { exit: status });
    const chosen = choose(inside, invocation.get(options.host));
    session.out(psText(output, await residents(invocation.lxcpath), chosen));
    return 0;
  },
};

/** Names that are wanted; none: those of every container. `undefined`: nobody asked for containers. */
function insideOf(invocation: Invocation): ReadonlySet<string> | undefined {
  const names = invocation.get(options.name).flatMap((text) => text.split(','));
  return invocation.get(options.lxc) || names.length > 0 ? new Set(names) : undefined;
}

type Chosen = (container: string | undefined) => boolean;

function choose(inside: ReadonlySet<string> | undefined, host: boolean): Chosen {
  if (inside === undefined) return (container) => !host || container === undefined;
  return (container) => container !== undefined && (inside.size === 0 || inside.has(container));
}

export function psText(
  output: string,
  all: Pick<Residents, 'names' | 'containerOf'>,
  isChosen: Chosen,
): string {
  const [header = '', ...rows] = output.replace(/\n$/, '').split('\n');
  const at = header.trim().split(/\s+/).indexOf('PID');
  if (at < 0) throw new LxcError('No PID field found', { hint: 'let ps show it, as with -o pid,args' });
  const width = Math.max('CONTAINER'.length, ...all.names.map((name) => name.length));
  const line = (container: string, text: string) => `${container.padEnd(width)} ${text}\n`;
  return rows.reduce(
    (text, row) => {
      const container = all.containerOf(Number(row.trim().split(/\s+/)[at]));
      return isChosen(container) ? text + line(container ?? '', row) : text;
    },
    line('CONTAINER', header),
  );
}
