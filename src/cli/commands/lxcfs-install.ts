/** lxcfs install: the files by which other programs use the proc view. */

import { LxcError } from '../../base/error.ts';
import { installRoot } from '../../base/install.ts';
import { type Done, install, type Place, uninstall } from '../../lxcfs/install/files.ts';
import { integrations } from '../../lxcfs/install/integrations.ts';
import type { Command } from '../command.ts';
import { flag, text } from '../option.ts';

const options = {
  uninstall: flag({ long: 'uninstall', help: 'Remove them again' }),
  root: text({ long: 'root', metavar: 'DIR', help: 'Write below DIR, as packagers do' }),
};

const names = Object.keys(integrations).join(', ');

export const lxcfsInstall: Command = {
  name: 'lxcfs install',
  summary: 'Write the files by which other programs use the proc view',
  operands: Object.keys(integrations).join('|'),
  named: false,
  options: Object.values(options),
  run(invocation, session) {
    const [name = '', ...more] = invocation.operands;
    const integration = Object.hasOwn(integrations, name) ? integrations[name] : undefined;
    if (integration === undefined || more.length > 0)
      throw new LxcError(
        name === '' ? 'Nothing to install for' : `Failed to install for ${[name, ...more].join(' ')}`,
        { hint: `name one of ${names}`, exit: 2 },
      );
    const root = invocation.get(options.root);
    const place: Place = { install: installRoot, root: root === undefined ? '' : session.resolve(root) };
    const gone = invocation.get(options.uninstall);
    const done = gone ? uninstall(integration, place) : install(integration, place);
    session.out(done.map((one) => `${told(one)}\n`).join(''));
    session.out(`Next: ${gone ? integration.nextGone : integration.next}\n`);
    return 0;
  },
};

function told({ path, outcome, owner }: Done): string {
  if (outcome === 'kept') return `${path}: left as it is, it is that of ${owner}`;
  return `${path}: ${outcome}`;
}
