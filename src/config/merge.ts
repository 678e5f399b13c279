/** Settings that only several entries together tell. */

import { LxcError } from '../base/error.ts';
import type { AutoCgroup, AutoMount, AutoProc, AutoShmounts, AutoSys } from './codecs/automount.ts';
import { type MountEntry, parseFstabLine } from './codecs/mount.ts';
import { sourceLines } from './grammar.ts';
import type { Entry } from './types.ts';
import type { Config } from './view.ts';

/** What is mounted by itself, with the line that asked for it; the last word of each kind counts. */
export interface AutoMounts {
  readonly proc: Entry<AutoProc> | undefined;
  readonly sys: Entry<AutoSys> | undefined;
  readonly cgroup: Entry<AutoCgroup> | undefined;
  readonly shmounts: Entry<AutoShmounts> | undefined;
}

export function autoMountsOf(config: Config): AutoMounts {
  const all = config
    .many('lxc.mount.auto')
    .flatMap((entry) => entry.value.map((value): Entry<AutoMount> => ({ ...entry, value })));
  const last = <T extends AutoMount>(isKind: (mount: AutoMount) => mount is T): Entry<T> | undefined => {
    const found = all.findLast(({ value }) => isKind(value));
    return found !== undefined && isKind(found.value) ? { ...found, value: found.value } : undefined;
  };
  return {
    proc: last((mount) => mount.what === 'proc'),
    sys: last((mount) => mount.what === 'sys'),
    cgroup: last((mount) => mount.what !== 'proc' && mount.what !== 'sys' && mount.what !== 'shmounts'),
    shmounts: last((mount) => mount.what === 'shmounts'),
  };
}

/** The lines of the file that `lxc.mount.fstab` names; `origin` of each is its own line in there. */
export function parseFstab(text: string, file: string): readonly Entry<MountEntry>[] {
  return sourceLines(text).flatMap(({ number, text: line }) => {
    const origin = { file, line: number };
    const value = fstabLine(line, origin);
    return value === undefined
      ? []
      : [{ key: 'lxc.mount.fstab', spelled: 'lxc.mount.fstab', text: line.trim(), origin, value }];
  });
}

function fstabLine(
  line: string,
  origin: { readonly file: string; readonly line: number },
): MountEntry | undefined {
  try {
    return parseFstabLine(line);
  } catch (error) {
    if (!(error instanceof LxcError)) throw error;
    throw new LxcError(`Cannot mount "${line.trim()}": ${error.message}`, { origin, hint: error.hint });
  }
}

/** The cgroup directories that a start cannot reconcile, as an error to throw; `-s` may still settle it before. */
export function cgroupContradiction(config: Config): LxcError | undefined {
  const dir = config.one('lxc.cgroup.dir');
  const container = config.one('lxc.cgroup.dir.container');
  const monitor = config.one('lxc.cgroup.dir.monitor');
  const given = container ?? monitor;
  if (given === undefined) return undefined;
  if (dir !== undefined) {
    return new LxcError(`Cannot use ${given.spelled} together with lxc.cgroup.dir`, { origin: given.origin });
  }
  if (container !== undefined && monitor !== undefined) return undefined;
  const missing = container === undefined ? 'lxc.cgroup.dir.container' : 'lxc.cgroup.dir.monitor';
  return new LxcError(`Cannot use ${given.spelled} without ${missing}`, { origin: given.origin });
}
