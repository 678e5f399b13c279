/** The role `end`: a monitor's container has ended, and hooks or a reboot are due. */

import type { EndSession } from './connection.ts';
import type { Exit } from './session.ts';

export function end(_session: EndSession): Promise<Exit> {
  return Promise.resolve({ status: 0, signal: 0 });
}
