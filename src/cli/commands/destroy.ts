/** lxc-destroy: remove a container for good. */

import { LxcError } from '../../base/error.ts';
import { destroyContainer } from '../../run/destroy.ts';
import { isDefined } from '../../run/directory.ts';
import { type Command, rcfile } from '../command.ts';
import { flag } from '../option.ts';

const force = flag({ short: 'f', long: 'force', help: 'Stop the container first if it runs' });
const snapshots = flag({ short: 's', long: 'snapshots', help: 'Destroy its snapshots and clones too' });

export const destroy: Command = {
  name: 'lxc-destroy',
  summary: 'Destroy a container',
  named: true,
  options: [snapshots, force, rcfile],
  async run(invocation, session) {
    if (!isDefined(invocation))
      throw new LxcError('Container is not defined', { hint: 'lxc-ls lists those that are' });
    const wish = { force: invocation.get(force), snapshots: invocation.get(snapshots) };
    const { lxcpath, name } = invocation;
    await destroyContainer(session, { lxcpath, name }, wish, invocation.log);
    return 0;
  },
};
