/** lxc-freeze and lxc-unfreeze: stop every process of a container where it is, and let them go on. */

import { freezeContainer, unfreezeContainer } from '../../run/freeze.ts';
import { type Command, rcfile } from '../command.ts';

export const freeze: Command = {
  name: 'lxc-freeze',
  summary: 'Freeze all processes of a container',
  named: true,
  options: [rcfile],
  async run({ lxcpath, name }, session) {
    await freezeContainer(session, { lxcpath, name }, { last: true });
    return 0;
  },
};

export const unfreeze: Command = {
  name: 'lxc-unfreeze',
  summary: 'Let the processes of a frozen container go on',
  named: true,
  options: [rcfile],
  async run({ lxcpath, name }, session) {
    await unfreezeContainer(session, { lxcpath, name }, { last: true });
    return 0;
  },
};
