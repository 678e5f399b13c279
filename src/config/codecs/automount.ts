/** `lxc.mount.auto`: words that each stand for a set of mounts. */

import { bad, words } from '../codec.ts';
import { nearest } from '../nearest.ts';
import type { Codec } from '../row.ts';

export interface AutoProc {
  readonly what: 'proc';
  readonly mode: 'mixed' | 'rw';
}

export interface AutoSys {
  readonly what: 'sys';
  readonly mode: 'mixed' | 'ro' | 'rw';
}

/** Mode `auto` is chosen at start: rw for a container that keeps CAP_SYS_ADMIN, else mixed. */
export interface AutoCgroup {
  readonly what: 'cgroup' | 'cgroup-full' | 'cgroup2';
  readonly mode: 'auto' | 'mixed' | 'ro' | 'rw';
  readonly force: boolean;
}

export interface AutoShmounts {
  readonly what: 'shmounts';
  readonly host: string;
  readonly container: string;
}

export type AutoMount = AutoProc | AutoSys | AutoCgroup | AutoShmounts;

const tokens: ReadonlyMap<string, AutoMount> = new Map<string, AutoMount>([
  ['proc', { what: 'proc', mode: 'mixed' }],
  ['proc:mixed', { what: 'proc', mode: 'mixed' }],
  ['proc:rw', { what: 'proc', mode: 'rw' }],
  ['sys', { what: 'sys', mode: 'mixed' }],
  ['sys:mixed', { what: 'sys', mode: 'mixed' }],
  ['sys:ro', { what: 'sys', mode: 'ro' }],
  ['sys:rw', { what: 'sys', mode: 'rw' }],
  ...cgroupTokens('cgroup'),
  ...cgroupTokens('cgroup-full'),
  ['cgroup2', { what: 'cgroup2', mode: 'rw', force: true }],
  ['cgroup2:force', { what: 'cgroup2', mode: 'rw', force: true }],
  ['cgroup2:ro', { what: 'cgroup2', mode: 'ro', force: true }],
  ['cgroup2:ro:force', { what: 'cgroup2', mode: 'ro', force: true }],
]);

function cgroupTokens(what: 'cgroup' | 'cgroup-full'): readonly (readonly [string, AutoMount])[] {
  const modes = ['auto', 'mixed', 'ro', 'rw'] as const;
  return modes.flatMap((mode): readonly (readonly [string, AutoMount])[] => {
    const name = mode === 'auto' ? what : `${what}:${mode}`;
    return [
      [name, { what, mode, force: false }],
      [`${name}:force`, { what, mode, force: true }],
    ];
  });
}

export const autoMounts: Codec<readonly AutoMount[]> = {
  ...words('proc|sys|cgroup[:MODE]...', parseToken),
  show: (mounts) => mounts.map(showToken).join(' '),
};

function parseToken(token: string): AutoMount {
  const known = tokens.get(token);
  if (known !== undefined) return known;
  if (token.startsWith('shmounts:')) return shmounts(token);
  const near = nearest(token, tokens.keys());
  throw bad(
    `"${token}" cannot be mounted automatically`,
    near === undefined
      ? `the words are ${[...tokens.keys()].join(', ')}, shmounts:PATH`
      : `did you mean "${near}"?`,
  );
}

function shmounts(token: string): AutoShmounts {
  const [, host = '', container = '/dev/.lxc-mounts', ...rest] = token.split(':');
  if (!host.startsWith('/') || container === '' || rest.length > 0) {
    throw bad(`"${token}" names no shared directory`, 'the form is shmounts:HOSTPATH[:CONTAINERPATH]');
  }
  return { what: 'shmounts', host, container };
}

function showToken(mount: AutoMount): string {
  if (mount.what === 'shmounts') return `shmounts:${mount.host}:${mount.container}`;
  const mode = mount.mode === 'auto' ? '' : `:${mount.mode}`;
  return 'force' in mount && mount.force ? `${mount.what}${mode}:force` : `${mount.what}${mode}`;
}
