/** lxc-wait: come back when a container is in one of some states. */

import { LxcError } from '../../base/error.ts';
import { timeLimit } from '../../run/container.ts';
import { parseState, type State, states } from '../../run/states.ts';
import { waitForState } from '../../run/wait.ts';
import { type Command, rcfile } from '../command.ts';
import { integer, parsed } from '../option.ts';

const wanted = parsed(
  {
    short: 's',
    long: 'state',
    metavar: 'STATE',
    help: `States to wait for, with | between: ${states.join(', ')}`,
  },
  parseStates,
);
const timeout = parsed(
  { short: 't', long: 'timeout', metavar: 'SECONDS', help: 'Wait this long; -1, the default, is for ever' },
  integer,
);

export const wait: Command = {
  name: 'lxc-wait',
  summary: 'Wait for a container to come to a state',
  named: true,
  options: [wanted, timeout, rcfile],
  async run(invocation, session) {
    const asked = invocation.get(wanted);
    if (asked === undefined)
      throw new LxcError('Missing state option to wait for', { hint: 'give -s RUNNING, say' });
    const seconds = invocation.get(timeout) ?? -1;
    const most = seconds < 0 ? Number.POSITIVE_INFINITY : seconds;
    const limit = seconds === 0 ? AbortSignal.abort('no time') : timeLimit(most, session.signal);
    const { lxcpath, name } = invocation;
    const reached = await waitForState(session, { lxcpath, name }, asked, limit);
    if (reached === undefined) return 1;
    session.report('', []);
    return 0;
  },
};

/** `STOPPED|RUNNING`; empty words between the bars are no states and no errors, as in LXC. */
export function parseStates(text: string): ReadonlySet<State> {
  const words = text.split('|').flatMap((word) => word.trim() || []);
  return new Set(
    words.map((word) => {
      const state = parseState(word);
      if (state !== undefined) return state;
      throw new LxcError(`invalid state '${word}'`, { hint: `the states are ${states.join(' ')}` });
    }),
  );
}
