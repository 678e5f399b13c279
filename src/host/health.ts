/** What lxc-doctor looks at: facts of the machine that decide whether containers work, read and not judged. */

import { readdirSync, readlinkSync, statSync } from 'node:fs';
import { posix } from 'node:path';
import { textIfReadable } from '../base/text-file.ts';
import { directoryIn, hierarchyOf, type LayoutKind } from '../cgroup/layout.ts';
import { gatherLayout, isWritable } from './cgroups.ts';

export interface CgroupHealth {
  readonly kind: LayoutKind;
  /** Of the controllers that limits need, those that no hierarchy offers. */
  readonly missing: readonly string[];
  /** Where the caller would make cgroups, as far as he may not. */
  readonly refused: readonly string[];
}

const wanted = ['cpu', 'cpuset', 'memory', 'pids'];

export function cgroupHealth(pid: number, uid: number): CgroupHealth {
  const layout = gatherLayout(pid, textIfReadable('/proc/self/mountinfo') ?? '');
  const places = layout.hierarchies.map((one) => directoryIn(one, uid === 0 ? one.base : one.own));
  return {
    kind: layout.kind,
    missing: wanted.filter((controller) => hierarchyOf(layout, controller) === undefined),
    refused: places.filter((path) => !isWritable(path)),
  };
}

export interface PathHealth {
  readonly path: string;
  readonly exists: boolean;
  readonly writable: boolean;
  /** Anybody may write there. */
  readonly open: boolean;
  /** Directories on the way that only their owner may pass: containers with ids of their own cannot. */
  readonly closed: readonly string[];
}

export function pathHealth(path: string): PathHealth {
  const mode = modeOf(path);
  return {
    path,
    exists: mode !== undefined,
    writable: isWritable(path),
    open: ((mode ?? 0) & 0o1002) === 0o2,
    closed: [path, ...parentsOf(path)].filter((one) => ((modeOf(one) ?? 0o1) & 0o1) === 0),
  };
}

function parentsOf(path: string): readonly string[] {
  const above = posix.dirname(path);
  return above === path ? [] : [above, ...parentsOf(above)];
}

export interface Listener {
  readonly protocol: 'udp' | 'tcp';
  /** `*` for every address. */
  readonly address: string;
  /** Unknown where /proc does not show it to the caller. */
  readonly pid?: number;
  readonly program?: string;
}

/** Who answers on a port of every address, or of the one given. */
export function listeners(port: number, address: string | undefined): readonly Listener[] {
  const sockets = (['udp', 'tcp'] as const).flatMap((protocol) =>
    ['', '6'].flatMap((family) =>
      socketsIn(textIfReadable(`/proc/self/net/${protocol}${family}`) ?? '', protocol, port),
    ),
  );
  const met = sockets.filter((one) => one.address === '*' || one.address === address);
  const owners =
    met.length === 0 ? new Map<string, number>() : ownersOf(new Set(met.map(({ inode }) => inode)));
  return met.map(({ protocol, address: at, inode }) => ({
    protocol,
    address: at,
    ...ownerFacts(owners.get(inode)),
  }));
}

interface Socket {
  readonly protocol: 'udp' | 'tcp';
  readonly address: string;
  readonly inode: string;
}

/** Lines `N: ADDRESS:PORT REMOTE STATE ... INODE` in hexadecimal. */
export function socketsIn(text: string, protocol: 'udp' | 'tcp', port: number): readonly Socket[] {
  return text.split('\n').flatMap((line): Socket[] => {
    const fields = line.trim().split(/\s+/);
    const [host = '', number = ''] = (fields[1] ?? '').split(':');
    const listens = protocol === 'udp' || fields[3] === '0A';
    if (!listens || Number.parseInt(number, 16) !== port) return [];
    return [{ protocol, address: addressOf(host), inode: fields[9] ?? '' }];
  });
}

/** The kernel writes the four bytes of an address as a number of this machine, which has the least one first. */
function addressOf(hex: string): string {
  if (/^0+$/.test(hex)) return '*';
  if (hex.length !== 8) return hex;
  return (hex.match(/../g) ?? [])
    .reverse()
    .map((byte) => Number.parseInt(byte, 16))
    .join('.');
}

function ownersOf(inodes: ReadonlySet<string>): ReadonlyMap<string, number> {
  const owners = new Map<string, number>();
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name)))
    for (const inode of socketsOf(pid)) if (inodes.has(inode)) owners.set(inode, Number(pid));
  return owners;
}

function socketsOf(pid: string): readonly string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => socketOf(`/proc/${pid}/fd/${fd}`));
  } catch {
    return [];
  }
}

function socketOf(path: string): readonly string[] {
  try {
    return /^socket:\[(\d+)\]$/.exec(readlinkSync(path))?.slice(1) ?? [];
  } catch {
    return [];
  }
}

function ownerFacts(pid: number | undefined): Pick<Listener, 'pid' | 'program'> {
  if (pid === undefined) return {};
  return { pid, program: textIfReadable(`/proc/${pid}/comm`)?.trim() ?? 'unknown' };
}

function modeOf(path: string): number | undefined {
  try {
    return statSync(path).mode;
  } catch {
    return undefined;
  }
}
