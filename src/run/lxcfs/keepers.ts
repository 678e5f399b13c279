/** The keepers of the proc view that run on this machine, known by their command lines. */

import { closeSync, openSync, readdirSync, readFileSync, readSync, writeSync } from 'node:fs';
import type { ServerSettings } from '../../lxcfs/fuse/server.ts';
import { lxcfsFds, lxcfsServer, lxcfsSizes, lxcfsState } from '../../wire/lxcfs.ts';

export interface Keeper {
  readonly pid: number;
  readonly mountpoint: string;
  readonly pidfile: string;
  readonly settings: ServerSettings;
}

/** What stands in the shared memory of a keeper. */
export interface KeeperState {
  readonly ready: boolean;
  /** The view is turned off. */
  readonly host: boolean;
  readonly restarts: number;
  readonly blocked: number;
  /** Pids of the servers; 0 for one that is just starting. */
  readonly servers: readonly number[];
  readonly sampler: number;
  /** Pids of those that answer. */
  readonly serving: readonly number[];
}

/**
 * The last part of the helper's argument list; its order is that of native/keeper.c. With `server` the keeper goes on
 * where one that was killed has left that server behind.
 */
export function keeperArguments(
  { mountpoint, pidfile, settings }: Omit<Keeper, 'pid'>,
  data: string,
  server: number | undefined,
): readonly string[] {
  const role = settings.fuseNative === undefined ? '--keeper' : '--keeper-apart';
  const how =
    server === undefined ? [role, mountpoint, pidfile, data] : adopting(mountpoint, pidfile, server);
  return [...how, settings.state, JSON.stringify(settings)];
}

function adopting(mountpoint: string, pidfile: string, server: number): readonly string[] {
  return ['--keeper-adopt', mountpoint, pidfile, String(server)];
}

export function findKeepers(): readonly Keeper[] {
  return readdirSync('/proc').flatMap((name) => (/^\d+$/.test(name) ? keeperOf(Number(name)) : []));
}

const roles = ['--keeper', '--keeper-again', '--keeper-adopt', '--keeper-apart'];

/**
 * A server that a killed keeper has left behind: it goes on, but nobody would start it again. One that mounts for itself
 * has nothing that could be taken over.
 */
export function findOrphan(state: string): number | undefined {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .find((pid) => isServerOf(state, commandLine(pid)));
}

function isServerOf(state: string, [, ...words]: readonly string[]): boolean {
  const at = words.findIndex((word) => word.endsWith('/dist/lxcfs.cjs'));
  const [number = '', settings = ''] = words.slice(at + 1);
  const apart = settings.includes('"fuseNative":');
  return at >= 0 && !apart && /^[01]$/.test(number) && settings.includes(`"state":${JSON.stringify(state)}`);
}

function keeperOf(pid: number): readonly Keeper[] {
  const [, role, mountpoint = '', pidfile = '', , , text = ''] = commandLine(pid);
  if (role === undefined || !roles.includes(role)) return [];
  try {
    const settings: ServerSettings = JSON.parse(text);
    return [{ pid, mountpoint, pidfile, settings }];
  } catch {
    return [];
  }
}

function commandLine(pid: number): readonly string[] {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

export function keeperState(keeper: Keeper): KeeperState | undefined {
  const head = readHead(keeper);
  if (head === undefined) return undefined;
  const field = (server: number, offset: number) =>
    head.readUInt32LE(lxcfsState.servers + server * lxcfsSizes.serverBytes + offset);
  const sampler = lxcfsSizes.servers - 1;
  const numbers = head.readUInt32LE(lxcfsState.resend) === 0 ? [0] : [0, 1];
  return {
    ready: head.readUInt32LE(lxcfsState.ready) !== 0,
    host: head.readUInt32LE(lxcfsState.host) !== 0,
    restarts: head.readUInt32LE(lxcfsState.restarts),
    blocked: head.readUInt32LE(lxcfsState.blocked),
    servers: numbers.map((server) => field(server, lxcfsServer.pid)),
    sampler: field(sampler, lxcfsServer.pid),
    serving: numbers.map((server) => field(server, lxcfsServer.serving)).filter((pid) => pid !== 0),
  };
}

function readHead(keeper: Keeper): Buffer | undefined {
  try {
    const fd = openSync(memoryOf(keeper), 'r');
    const head = Buffer.alloc(lxcfsState.journal);
    readSync(fd, head, 0, head.length, 0);
    closeSync(fd);
    return head;
  } catch {
    return undefined;
  }
}

/** Has a keeper go on with the build that is installed in `root`. */
export function handOver(keeper: Keeper, root: string): void {
  const text = Buffer.alloc(1024);
  text.write(root, 0, text.length - 1);
  const fd = openSync(memoryOf(keeper), 'r+');
  writeSync(fd, text, 0, text.length, lxcfsState.root);
  closeSync(fd);
  process.kill(keeper.pid, 'SIGUSR1');
}

function memoryOf({ pid }: Keeper): string {
  return `/proc/${pid}/fd/${lxcfsFds.state}`;
}
