/** Profiles: our rules with everything on, or those of an LXCFS release with its options. */

import type { Profile, Rules } from './contract.ts';

export interface ProfileOptions {
  readonly rules?: Rules;
  readonly cfs?: boolean;
  readonly loadavg?: boolean;
  readonly swap?: boolean;
  readonly zswap?: boolean;
}

export function makeProfile(options: ProfileOptions = {}): Profile {
  const rules = options.rules ?? 'default';
  const ours = rules === 'default';
  return {
    rules,
    cfs: options.cfs ?? ours,
    loadavg: options.loadavg ?? ours,
    swap: options.swap ?? true,
    zswap: options.zswap ?? true,
  };
}
