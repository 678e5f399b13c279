/** Where the cgroup hierarchies are mounted, so that a line of /proc/PID/cgroup becomes a directory. */

import { readFileSync } from 'node:fs';
import { withoutEscapes } from './mountinfo.ts';

interface Mounted {
  readonly version: 1 | 2;
  /** v1: controllers and name among the other options of the file system. */
  readonly options: ReadonlySet<string>;
  /** Part of the hierarchy that is mounted: `/` for all of it. */
  readonly root: string;
  readonly at: string;
}

let mounts: readonly Mounted[] | undefined;

/** A line of /proc/PID/cgroup. */
export interface Membership {
  /** '' for the unified hierarchy. */
  readonly controllers: string;
  readonly path: string;
}

/** The directory of a cgroup; `undefined` where its hierarchy is not mounted. */
export function cgroupDirectory(membership: Membership): string | undefined {
  // Mounts of hierarchies stay as they are while a host is up; a new one is looked for when it is missed.
  const known = mounts === undefined ? undefined : find(mounts, membership);
  if (known !== undefined) return known;
  mounts = parseMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
  return find(mounts, membership);
}

function find(all: readonly Mounted[], { controllers, path }: Membership): string | undefined {
  const [first = ''] = controllers.split(',');
  const fits = ({ version, options }: Mounted) => (first === '' ? version === 2 : options.has(first));
  const mounted = all.find((one) => fits(one) && isBelow(path, one.root));
  if (mounted === undefined) return undefined;
  const rest = mounted.root === '/' ? path : path.slice(mounted.root.length);
  return `${mounted.at}${rest}`.replace(/(?<=.)\/$/, '');
}

function isBelow(path: string, root: string): boolean {
  return root === '/' || path === root || path.startsWith(`${root}/`);
}

/** Lines `ID PARENT DEV ROOT MOUNTPOINT OPTIONS... - TYPE SOURCE SUPEROPTIONS`. */
export function parseMounts(mountinfo: string): readonly Mounted[] {
  return mountinfo.split('\n').flatMap((line): Mounted[] => {
    const [fields = '', tail = ''] = line.split(' - ');
    const [type, , options = ''] = tail.split(' ');
    const [, , , root = '/', at = ''] = fields.split(' ').map(withoutEscapes);
    if (type !== 'cgroup' && type !== 'cgroup2') return [];
    return [{ version: type === 'cgroup' ? 1 : 2, options: new Set(options.split(',')), root, at }];
  });
}
