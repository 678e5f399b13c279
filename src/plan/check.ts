/** What can be known to be wrong before anything is done. */

import { LxcError } from '../base/error.ts';
import { effectOf } from '../config/index.ts';
import type { Inputs } from './context.ts';

export function refuseWhatHasNoEffect({ config, facts }: Inputs): void {
  for (const entry of config.entries) {
    const effect = effectOf(entry);
    if (effect === 'later' || (effect === 'lsm' && facts.appArmor)) {
      throw new LxcError(`Failed to start with ${entry.key} = ${entry.text}: it would be without effect`, {
        origin: entry.origin,
        hint: 'remove the line; this version acts on it in no way',
      });
    }
  }
}
