/** `lxc.selinux.*`: the contexts of init and of its session keyring. */

import type { RawEntry } from '../../config/index.ts';
import type { PlannedOp } from '../../wire/program.ts';
import { asked, step } from '../../wire/step.ts';
import type { Context, Inputs } from '../context.ts';

const contextKey = 'lxc.selinux.context';
const keyringKey = 'lxc.selinux.context.keyring';

export function noteSeLinuxOff({ config, facts, notes }: Inputs): void {
  const entry = config.one(contextKey) ?? config.one(keyringKey);
  if (entry === undefined || facts.lsm.seLinux) return;
  const message =
    'without effect, since SELinux is off: it needs CONFIG_SECURITY_SELINUX and security=selinux at boot';
  notes.push({ key: entry.key, message, origin: entry.origin, level: 'INFO' });
}

/** From exec on. */
export function enterContext({ config, facts }: Context): readonly PlannedOp[] {
  const entry = config.one(contextKey);
  if (entry === undefined || !facts.lsm.seLinux) return [];
  return [label('exec', entry, `change to the SELinux context ${entry.value}`)];
}

/** Of the keys that are made from now on until exec: the keyring. */
export function labelKeyring({ config, facts }: Context): readonly PlannedOp[] {
  const entry = config.one(keyringKey) ?? config.one(contextKey);
  if (entry === undefined || !facts.lsm.seLinux) return [];
  return [label('keycreate', entry, `label the session keyring ${entry.value}`)];
}

function label(attribute: string, entry: RawEntry, act: string): PlannedOp {
  return step({ op: 'lsmLabel', args: { attribute, label: entry.text } }, asked(entry, act));
}
