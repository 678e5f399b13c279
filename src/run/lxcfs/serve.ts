/** Mounts the proc view: what has to be right before the caller's process becomes its keeper. */

import { rmSync, statSync } from 'node:fs';
import { LxcError } from '../../base/error.ts';
import { fnv1a64, hex64 } from '../../base/fnv.ts';
import { installRoot } from '../../base/install.ts';
import { makeDirectories } from '../../base/make-directories.ts';
import type { Profile } from '../../lxcfs/contract.ts';
import type { ServerSettings } from '../../lxcfs/fuse/server.ts';
import { runtimeDir } from '../places.ts';
import type { Session } from '../session.ts';
import { findKeepers, findOrphan, keeperArguments } from './keepers.ts';
import { healthOf, mountsOf } from './mounts.ts';

/** How requests get from the kernel to a server: read from /dev/fuse by ours, or by libfuse 2 in the package fuse-native. */
export type Transport = 'dev-fuse' | 'fuse-native';

export interface ServeRequest {
  /** Absolute. */
  readonly mountpoint: string;
  readonly pidfile: string | undefined;
  readonly runtimeDir: string | undefined;
  /** Options for the kernel's FUSE. */
  readonly data: string;
  readonly profile: Profile;
  readonly debug: boolean;
  readonly transport: Transport;
}

/** What managers look for to know what a view can do. */
const greeting = [
  'api_extensions:',
  ...['cgroups', 'sys_cpu_online', 'proc_cpuinfo', 'proc_diskstats', 'proc_loadavg', 'proc_meminfo'],
  ...['proc_stat', 'proc_swaps', 'proc_uptime', 'proc_slabinfo', 'proc_pressure_cpu', 'proc_pressure_io'],
  ...['proc_pressure_memory', 'shared_pidns', 'cpuview_daemon', 'loadavg_daemon', 'pidfds'],
]
  .map((line, index) => (index === 0 ? `${line}\n` : `- ${line}\n`))
  .join('');

/** Does not come back: an error tells why. */
export async function serveView(session: Session, request: ServeRequest): Promise<never> {
  const { mountpoint, profile, debug } = request;
  if (session.uid !== 0)
    throw new LxcError(`Failed to mount the view on ${mountpoint}: it reads the /proc of everybody`, {
      hint: 'run lxcfs as root',
    });
  const runtime = request.runtimeDir ?? runtimeDir(session);
  const state = `${runtime}/lxc-ts/lxcfs-${hex64(fnv1a64(mountpoint))}`;
  const isKept = findKeepers().some((one) => one.settings.state === state);
  const orphan = isKept ? undefined : findOrphan(state);
  if (orphan === undefined) {
    await checkMountpoint(session, mountpoint);
    rmSync(state, { recursive: true, force: true });
    makeDirectories(state, 0o700);
  }
  const settings = { profile, state, runs: `${runtimeDir(session)}/lxc-ts`, debug, ...apart(request) };
  const pidfile = request.pidfile ?? `${runtime}/lxcfs.pid`;
  const args = keeperArguments({ mountpoint, pidfile, settings }, request.data, orphan);
  session.err(greeting);
  const { status } = await session.spawn({ argv: [`${installRoot}/bin/lxc-ts`, ...args], stdio: 'become' });
  throw new LxcError(`Failed to run ${installRoot}/bin/lxc-ts: status ${status}`, {
    hint: 'install the package again',
  });
}

function apart({ transport, mountpoint, data }: ServeRequest): Pick<ServerSettings, 'fuseNative'> {
  return transport === 'fuse-native' ? { fuseNative: { mountpoint, data } } : {};
}

async function checkMountpoint(session: Session, mountpoint: string): Promise<void> {
  const keeper = findKeepers().find((one) => one.mountpoint === mountpoint);
  const mounted = mountsOf('self').some(({ at }) => at === mountpoint);
  if (keeper !== undefined && mounted)
    throw new LxcError(`Failed to mount the view on ${mountpoint}: process ${keeper.pid} serves it already`, {
      hint: `lxcfs --replace ${mountpoint} takes over without a gap`,
    });
  if (mounted) await removeDead(session, mountpoint);
  const stats = statSync(mountpoint, { throwIfNoEntry: false });
  if (stats === undefined)
    throw new LxcError(`Failed to mount the view on ${mountpoint}: No such file or directory`, {
      hint: `mkdir -p ${mountpoint}`,
    });
  if (!stats.isDirectory())
    throw new LxcError(`Failed to mount the view on ${mountpoint}: Not a directory`, {
      hint: 'name a directory',
    });
}

/** What a killed LXCFS leaves; a living one is somebody's. */
async function removeDead(session: Session, mountpoint: string): Promise<void> {
  if ((await healthOf(mountpoint)) !== 'dead')
    throw new LxcError(`Failed to mount the view on ${mountpoint}: another lxcfs is mounted there`, {
      hint: `stop it (umount ${mountpoint}), or name another directory`,
    });
  session.err(`lxcfs: ${mountpoint} is a dead mount; it is taken away\n`);
  await session.spawn({ argv: ['umount', '-l', mountpoint] });
  if (mountsOf('self').some(({ at }) => at === mountpoint)) await removeDead(session, mountpoint);
}
