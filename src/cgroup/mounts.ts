/** Where the cgroup hierarchies are mounted, as /proc/self/mountinfo says it. */

import { readFileSync } from 'node:fs';

export interface CgroupMount {
  /** v1: `['cpu', 'cpuacct']`, `['name=systemd']`; empty for the unified hierarchy. */
  readonly controllers: readonly string[];
  readonly version: 1 | 2;
  readonly path: string;
  /** The cgroup that is seen at `path`; `/` unless somebody bound a part of the hierarchy there. */
  readonly root: string;
}

export function readCgroupMounts(): readonly CgroupMount[] {
  return cgroupMounts(readFileSync('/proc/self/mountinfo', 'utf8'));
}

/** Options of a v1 superblock that are no controllers. */
const flags = new Set([
  'rw',
  'ro',
  'xattr',
  'noprefix',
  'clone_children',
  'cpuset_v2_mode',
  'favordynmods',
  'none',
]);

export function cgroupMounts(mountinfo: string): readonly CgroupMount[] {
  return mountinfo.split('\n').flatMap((line): readonly CgroupMount[] => {
    const [place = '', filesystem = ''] = line.split(' - ');
    const [, , , root = '', path = ''] = place.split(' ');
    const [type, , options = ''] = filesystem.split(' ');
    const mount = { path: unescaped(path), root: unescaped(root) };
    if (type === 'cgroup2') return [{ ...mount, version: 2, controllers: [] }];
    return type === 'cgroup' ? [{ ...mount, version: 1, controllers: controllersIn(options) }] : [];
  });
}

function controllersIn(options: string): readonly string[] {
  return options.split(',').filter((option) => !flags.has(option) && !option.startsWith('release_agent='));
}

/** Blanks and the like are octal there: `\040`. */
function unescaped(path: string): string {
  return path.replaceAll(/\\([0-7]{3})/g, (_, digits: string) =>
    String.fromCharCode(Number.parseInt(digits, 8)),
  );
}

/** The mount that has a v1 controller; `''` asks for the unified hierarchy. The first one wins. */
export function mountOf(mounts: readonly CgroupMount[], controller: string): CgroupMount | undefined {
  return mounts.find(({ controllers, version }) =>
    controller === '' ? version === 2 : controllers.includes(controller),
  );
}
