/** What has to be there before anything is measured, and what to do where it is not. */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { isExecutable } from '../src/base/executable.ts';

const path = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** The whole name of a program, or nothing. */
export function programOf(name: string): string | undefined {
  return path.map((directory) => join(directory, name)).find(isExecutable);
}

/** Debian's package that has a program. */
const packages: Readonly<Record<string, string>> = {
  busybox: 'busybox-static',
  cc: 'gcc',
  crun: 'crun',
  lxcfs: 'lxcfs',
  podman: 'podman',
  runc: 'runc',
  script: 'bsdutils',
  'systemd-nspawn': 'systemd-container',
  taskset: 'util-linux',
  unshare: 'util-linux',
  xargs: 'findutils',
};

/** Why a program cannot be run. */
export function absence(name: string): string | undefined {
  if (programOf(name) !== undefined) return undefined;
  return `There is no ${name}; apt-get install ${packages[name] ?? name}`;
}

/** Each thing that is missing, in one line; `ours` and `theirs` are directories of commands. */
export function missing(ours: string, theirs: string): readonly string[] {
  const programs = ['busybox', 'cc', 'script', 'taskset', 'unshare', 'xargs'].map(absence);
  return [
    process.getuid?.() === 0 ? undefined : 'The benchmark starts real containers; run it as root',
    existsSync(join(ours, 'lxc-start')) ? undefined : 'The commands are not built; npm run build',
    existsSync(join(theirs, 'lxc-start'))
      ? undefined
      : `There is no lxc-start in ${theirs}; apt-get install lxc, or LXC_PEER=DIRECTORY for another place`,
    ...programs,
  ].filter((line) => line !== undefined);
}
