/** lxcfs reattach: containers that hold a dead lxcfs, or that of another daemon, get the living view. */

import { LxcError } from '../../base/error.ts';
import { apply, findOrigin, reattachment } from '../../run/lxcfs/inject.ts';
import { findConsumers, mountsOf } from '../../run/lxcfs/mounts.ts';
import type { Command } from '../command.ts';
import { pidOf } from '../lxcfs-target.ts';
import { flag } from '../option.ts';

const all = flag({ long: 'all', help: 'Every container of this machine' });

export const lxcfsReattach: Command = {
  name: 'lxcfs reattach',
  summary: 'Replace dead or foreign lxcfs mounts in containers by those of the living view',
  operands: '[PID|NAME]',
  named: false,
  options: [all],
  async run(invocation, session) {
    const origin = findOrigin();
    const consumers = invocation.get(all)
      ? findConsumers()
      : await pidOf(invocation, invocation.operands[0]).then((pid) => [{ pid, mounts: mountsOf(pid) }]);
    const failed: string[] = [];
    for (const consumer of consumers) {
      const changes = reattachment(consumer, origin);
      if (changes.length === 0) continue;
      const complaints = await apply(session, consumer.pid, changes);
      if (complaints !== '')
        failed.push(`${consumer.pid}: ${complaints.replaceAll('lxcfs: ', '').trimEnd()}`);
      else session.out(`${consumer.pid}: ${new Set(changes.map(({ target }) => target)).size} files\n`);
    }
    if (failed.length > 0) throw new LxcError(failed.join('\n'));
    return 0;
  },
};
