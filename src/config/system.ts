/** The settings of the installation, `/etc/lxc/lxc.conf` or a user's own: where containers live, and storage names. */

import { posix } from 'node:path';
import { parseLine, quoted, sourceLines } from './grammar.ts';
import { nearest } from './nearest.ts';
import type { ConfigIo, Note } from './types.ts';

/** In the order in which lxc-config lists them. */
export const systemKeys = [
  { name: 'lxc.default_config', doc: 'File that a new container starts from.' },
  { name: 'lxc.lxcpath', doc: 'Directory of the containers.' },
  { name: 'lxc.bdev.lvm.vg', doc: 'Volume group for containers on LVM.' },
  { name: 'lxc.bdev.lvm.thin_pool', doc: 'Thin pool for containers on LVM.' },
  { name: 'lxc.bdev.zfs.root', doc: 'Parent of the file systems of containers on ZFS.' },
  { name: 'lxc.bdev.rbd.rbdpool', doc: 'Pool for containers on RBD.' },
  { name: 'lxc.bdev.rbd.rbduser', doc: 'User for containers on RBD.' },
  { name: 'lxc.cgroup.use', doc: 'Cgroup v1 controllers that must be usable, with commas between them.' },
  { name: 'lxc.cgroup.pattern', doc: 'Pattern of the cgroup of a container, in which %n is its name.' },
] as const;

export type SystemKey = (typeof systemKeys)[number]['name'];

export interface SystemConfig {
  /** The file that was read, whether it is there or not. */
  readonly file: string;
  readonly values: { readonly [K in SystemKey]: string | undefined };
  readonly notes: readonly Note[];
}

/** Whose installation it is: root's, or that of a user with this home. */
export type Owner = { readonly kind: 'root' } | { readonly kind: 'user'; readonly home: string };

export function loadSystemConfig(owner: Owner, io: ConfigIo): SystemConfig {
  const file = owner.kind === 'root' ? '/etc/lxc/lxc.conf' : posix.join(owner.home, '.config/lxc/lxc.conf');
  const { values, notes } = parseSystemConfig(io.readFile(file) ?? '', file);
  return { file, values: { ...defaults(owner), ...values }, notes };
}

function defaults(owner: Owner): SystemConfig['values'] {
  const root = owner.kind === 'root';
  const home = root ? '/' : owner.home;
  return {
    'lxc.default_config': root ? '/etc/lxc/default.conf' : posix.join(home, '.config/lxc/default.conf'),
    'lxc.lxcpath': root ? '/var/lib/lxc' : posix.join(home, '.local/share/lxc'),
    'lxc.bdev.lvm.vg': 'lxc',
    'lxc.bdev.lvm.thin_pool': 'lxc',
    'lxc.bdev.zfs.root': 'lxc',
    'lxc.bdev.rbd.rbdpool': 'lxc',
    'lxc.bdev.rbd.rbduser': undefined,
    'lxc.cgroup.use': undefined,
    'lxc.cgroup.pattern': undefined,
  };
}

interface Parsed {
  readonly values: { readonly [K in SystemKey]?: string };
  readonly notes: readonly Note[];
}

/** Unknown keys are no errors here, as in C LXC: other programs keep theirs in the same file. */
function parseSystemConfig(text: string, file: string): Parsed {
  const values: { [K in SystemKey]?: string } = {};
  const notes: Note[] = [];
  for (const { number, text: line } of sourceLines(text)) {
    const parsed = parseLine(line);
    if (parsed === undefined) continue;
    const key = parsed.kind === 'setting' ? systemKey(parsed.key) : undefined;
    if (parsed.kind === 'setting' && key !== undefined) values[key] = systemValue(key, parsed.text);
    else notes.push({ kind: 'warning', message: ignored(line), origin: { file, line: number } });
  }
  return { values, notes };
}

function systemKey(key: string): SystemKey | undefined {
  return systemKeys.find(({ name }) => name === key)?.name;
}

/** Trailing slashes would give the same directory a second name. */
function systemValue(key: SystemKey, text: string): string {
  return key === 'lxc.lxcpath' ? text.replace(/(?<=.)\/+$/, '') : text;
}

function ignored(line: string): string {
  const near = nearest(
    line.trim().split(/[\s=]/)[0] ?? '',
    systemKeys.map(({ name }) => name),
  );
  return `${quoted(line.trim())} is ignored${near === undefined ? '' : `; did you mean ${near}?`}`;
}
