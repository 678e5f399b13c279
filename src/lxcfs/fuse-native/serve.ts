/**
 * A server that mounts for itself by the package fuse-native (`lxcfs --transport fuse-native`): libfuse's threads hand
 * each call to this process's one loop. The mount dies with this process. docs/lxcfs.md lists what else is different.
 */

import { readdirSync, readlinkSync } from 'node:fs';
import { LxcError } from '../../base/error.ts';
import type { Entry } from '../contract.ts';
import type { Log } from '../fuse/log.ts';
import type { SharedState } from '../fuse/shared.ts';
import { errno, type FilesParts, NamedFiles, Refused } from './files.ts';
import { loadFuse, type Operations, type Stat } from './load.ts';

export interface MountRequest {
  readonly mountpoint: string;
  /** Options for the kernel's FUSE. */
  readonly data: string;
}

export interface ApartServer {
  readonly mount: MountRequest;
  readonly debug: boolean;
  readonly shared: SharedState;
  readonly log: Log;
  readonly files: Omit<FilesParts, 'host'>;
}

const housekeepingMs = 20_000;
/** Between looks whether the mount is still there; nobody tells. */
const lookMs = 1000;

export function serveApart(server: ApartServer): void {
  const { mount, debug, shared, log } = server;
  const files = new NamedFiles({ ...server.files, host: () => shared.host });
  const Fuse = loaded();
  const fuse = new Fuse(mount.mountpoint, operationsOn(files, log), {
    fsname: ['lxc-ts', ...furtherOptions, ...(mount.data === '' ? [] : [mount.data])].join(','),
    subtype: 'lxcfs',
    allowOther: true,
    defaultPermissions: true,
    debug,
    timeout: false,
  });
  fuse.mount((error) => {
    if (error)
      leave(`Failed to mount the view on ${mount.mountpoint}: ${texts[error.message] ?? error.message}`);
    shared.serving();
    shared.ready();
    leaveWithMount();
  });
  setInterval(() => {
    server.files.view.sweep();
    files.sweep();
  }, housekeepingMs);
}

/**
 * Options that the package has no name for. Without direct_io a read ends where the size was when it was last asked
 * for, and contents of another length come out torn.
 */
const furtherOptions = ['direct_io', 'noexec'];

/** Words of the package in those of the system. */
const texts: Readonly<Record<string, string>> = {
  'Mountpoint does not exist': 'No such file or directory',
  'Mountpoint is not a directory': 'Not a directory',
  'Mountpoint in use': 'it is a mount already; name a directory inside of it',
};

function loaded(): ReturnType<typeof loadFuse> {
  try {
    return loadFuse();
  } catch (error) {
    return leave(String(error instanceof LxcError ? error : `Failed to load fuse-native: ${error}`));
  }
}

function leave(why: string): never {
  process.stderr.write(`lxcfs: ${why}\n`);
  process.exit(1);
}

/** libfuse's thread closes its device when the mount has ended. */
function leaveWithMount(): void {
  const device = readdirSync('/proc/self/fd').find((fd) => targetOf(fd) === '/dev/fuse');
  setInterval(() => {
    if (device === undefined || targetOf(device) !== '/dev/fuse') process.exit(0);
  }, lookMs);
}

function targetOf(fd: string): string | undefined {
  try {
    return readlinkSync(`/proc/self/fd/${fd}`);
  } catch {
    return undefined;
  }
}

// ---- calls ----

const openForWriting = 3;

function operationsOn(files: NamedFiles, log: Log): Operations {
  const tried = <T>(answer: (status: number, result?: T) => void, work: () => T): void => {
    let done: readonly [status: number, result?: T];
    try {
      done = [0, work()];
    } catch (error) {
      if (!(error instanceof Refused)) log.line(`Failed to answer a call: ${String(error)}`);
      done = [-(error instanceof Refused ? error.errno : errno.EIO)];
    }
    answer(...done);
  };
  const refuse = (answer: (status: number) => void) => answer(-errno.EACCES);
  return {
    getattr: (path, answer) => tried(answer, () => statOf(files, path)),
    readdir: (path, answer) => tried(answer, () => files.list(path)),
    readlink: (path, answer) => tried(answer, () => targetIn(files, path)),
    open: (path, flags, answer) =>
      tried(answer, () => {
        if ((flags & openForWriting) !== 0) throw new Refused('EACCES');
        return files.open(path);
      }),
    read: (_path, file, to, length, offset, answer) =>
      tried(
        (status, count = 0) => answer(status === 0 ? count : status),
        () => files.read(file, offset, length).copy(to),
      ),
    release: (_path, file, answer) => tried(answer, () => files.release(file)),
    truncate: (_path, _size, answer) => refuse(answer),
    chmod: (_path, _mode, answer) => refuse(answer),
    chown: (_path, _uid, _gid, answer) => refuse(answer),
    utimens: (_path, _atime, _mtime, answer) => refuse(answer),
  };
}

const types = { directory: 0o040000, file: 0o100000, link: 0o120000 } as const;
const aDirectory: Entry = { path: '', kind: 'directory', mode: 0o555 };

function statOf(files: NamedFiles, path: string): Stat {
  const { kind, mode, target = '' } = files.entry(path) ?? aDirectory;
  const sizes = { directory: 0, link: Buffer.byteLength(target), file: files.size(path) };
  const now = kind === 'file' ? Date.now() : 0;
  return {
    mode: types[kind] | mode,
    uid: 0,
    gid: 0,
    // sendfile would succeed with nothing where the size is 0.
    // sendfile would succeed with nothing where the size is 0.
    size: kind === 'file' ? Math.max(sizes.file, 1) : sizes[kind],
    nlink: kind === 'directory' ? 2 : 1,
    blksize: 4096,
    ...{ atime: now, mtime: now, ctime: now },
  };
}

function targetIn(files: NamedFiles, path: string): string {
  const target = files.entry(path)?.target;
  if (target === undefined) throw new Refused('EINVAL');
  return target;
}
