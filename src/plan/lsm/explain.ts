/** Labels and profiles that the kernel or the parser refuse, in words. */

import { errnoNumber } from '../../base/errno.ts';
import type { PlannedOp } from '../../wire/program.ts';
import type { OpFailure } from '../types.ts';

interface Meaning {
  readonly reason?: string;
  readonly hint?: string;
}

type Label = Extract<PlannedOp, { op: 'lsmLabel' }>;

export function labelMeaning({ args }: Label, { errno, detail }: OpFailure): Meaning | undefined {
  if (detail !== '') return undefined;
  const profile = /^exec (.*)$/.exec(args.label)?.[1];
  switch (errno) {
    case errnoNumber('ENOENT'):
      return profile === undefined ? undefined : missingProfile(profile);
    case errnoNumber('EACCES'):
    case errnoNumber('EPERM'):
      return { reason: 'the label of the caller does not allow it', hint: 'see the audit log' };
    case errnoNumber('EINVAL'):
      return { reason: 'this kernel knows no such label', hint: 'see /sys/kernel/security/lsm' };
    default:
      return undefined;
  }
}

function missingProfile(profile: string): Meaning {
  const own = profile.startsWith('lxc-container-default');
  return {
    reason: 'no such profile is loaded',
    hint: own
      ? 'apparmor_parser -r /etc/apparmor.d/lxc-containers loads it; or set lxc.apparmor.profile = generated'
      : 'apparmor_parser -r FILE loads it',
  };
}
