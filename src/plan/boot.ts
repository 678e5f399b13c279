/** `/etc/default/lxc`: which containers are started when the host boots, and how they are stopped when it goes down. */

import { LxcError } from '../base/error.ts';
import { assignments } from './assignments.ts';

const defaults = {
  LXC_AUTO: 'true',
  BOOTGROUPS: 'onboot,',
  SHUTDOWNDELAY: '5',
  OPTIONS: '',
  STOPOPTS: '-a -A -s',
} as const;

type Name = keyof typeof defaults;

export interface BootSettings {
  /** Whether anything is started. */
  readonly on: boolean;
  /** Arguments of lxc-autostart. */
  readonly start: readonly string[];
  readonly stop: readonly string[];
}

/** `text`: undefined where there is no file. */
export function readBootSettings(file: string, text: string | undefined): BootSettings {
  const given = assignments(file, text ?? '');
  const value = (name: Name) => given.get(name)?.value ?? defaults[name];
  const [groups, delay] = [value('BOOTGROUPS'), value('SHUTDOWNDELAY')];
  if (!/^\d*$/.test(delay))
    throw new LxcError(`Cannot use "${delay}" for SHUTDOWNDELAY: it is not a number of seconds`, {
      origin: given.get('SHUTDOWNDELAY')?.origin,
    });
  return {
    on: value('LXC_AUTO') === 'true',
    start: [...words(value('OPTIONS')), ...(groups === '' ? [] : ['-g', groups])],
    stop: [...words(value('STOPOPTS')), ...(delay === '' ? [] : ['-t', delay])],
  };
}

function words(text: string): readonly string[] {
  return text.split(/\s+/).filter((word) => word !== '');
}
