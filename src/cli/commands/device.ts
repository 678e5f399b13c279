/** lxc-device: an interface or a device node more, or less, for a container that runs. */

import { LxcError } from '../../base/error.ts';
import { addDevice, removeDevice } from '../../run/device.ts';
import { type Command, rcfile } from '../command.ts';

const verbs = { add: addDevice, del: removeDevice } as const;

export const device: Command = {
  name: 'lxc-device',
  summary: 'Give a running container an interface or a device node, or take it away',
  operands: 'add|del DEVICE [NAME]',
  named: true,
  options: [rcfile],
  async run(invocation, session) {
    if (session.uid !== 0) throw new LxcError(`${invocation.program} must be run as root`);
    const [verb = '', name, as, ...more] = invocation.operands;
    if (name === undefined) throw new LxcError('No command given', { hint: 'say add or del, and a device' });
    if ((verb !== 'add' && verb !== 'del') || more.length > 0)
      throw new LxcError(`Failed to do '${verb}'`, {
        hint: 'say add or del, one device, and its other name',
      });
    await verbs[verb](session, invocation, { device: name, as });
    return 0;
  },
};
