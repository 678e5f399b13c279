/**
 * The client's side of lxc-monitord: state changes of all containers of a container path, of ours and of those of C LXC.
 * One daemon for each path is started when somebody wants to hear; it may be that of C LXC, and its clients may use ours.
 */

import type { Socket } from 'node:net';
import { dirname } from 'node:path';
import { errnoCode, reason } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import { fnv1a64, hex64 } from '../base/fnv.ts';
import { installRoot } from '../base/install.ts';
import { makeDirectories } from '../base/make-directories.ts';
import { nodeNet } from '../base/net.ts';
import { monitorFifo } from './places.ts';
import type { Session } from './session.ts';
import { type State, states } from './states.ts';

/** What a container did. */
export type MonitorEvent = { readonly lxcpath: string; readonly name: string } & (
  | { readonly kind: 'state'; readonly state: State }
  /** `waitStatus` as wait(2) has it; `status` the exit code in it. */
  | { readonly kind: 'exit'; readonly waitStatus: number; readonly status: number }
);

/** int type, char name[256], int value. */
const recordBytes = 264;
const nameAt = 4;
const valueAt = 260;
const types = { state: 0, exitCode: 2 } as const;

/** The most that fits into an abstract address as liblxc writes it. */
const longestName = 106;

/** Name of the abstract socket, without the NUL in front. */
export function monitordSocket(lxcpath: string): string {
  const hash = hex64(fnv1a64(`lxc/${lxcpath}/monitor-sock`));
  return Buffer.from(`lxc/${hash}/${lxcpath}`).subarray(0, longestName).toString();
}

/** `undefined`: a kind that tells nothing of a container's life. */
export function readEvent(lxcpath: string, record: Buffer): MonitorEvent | undefined {
  const end = record.indexOf(0, nameAt);
  const name = record.toString('utf8', nameAt, Math.min(end < 0 ? valueAt : end, valueAt));
  const value = record.readInt32LE(valueAt);
  const type = record.readInt32LE(0);
  if (type === types.exitCode)
    return { lxcpath, name, kind: 'exit', waitStatus: value, status: (value >> 8) & 0xff };
  const state = states[value];
  return type === types.state && state !== undefined ? { lxcpath, name, kind: 'state', state } : undefined;
}

/** Cuts what comes into records. */
export class RecordCutter {
  #rest: Buffer = Buffer.alloc(0);

  push(piece: Buffer): readonly Buffer[] {
    const bytes = this.#rest.length === 0 ? piece : Buffer.concat([this.#rest, piece]);
    const count = Math.floor(bytes.length / recordBytes);
    this.#rest = bytes.subarray(count * recordBytes);
    return Array.from({ length: count }, (_, at) => bytes.subarray(at * recordBytes, (at + 1) * recordBytes));
  }
}

/**
 * Tells every event of these container paths until the caller has gone.
 * @throws LxcError when a daemon quits
 */
export async function watchEvents(
  session: Session,
  lxcpaths: readonly string[],
  tell: (event: MonitorEvent) => void,
): Promise<void> {
  const ended = new AbortController();
  const until = AbortSignal.any([session.signal, ended.signal]);
  try {
    const heard: Promise<void>[] = [];
    for (const lxcpath of new Set(lxcpaths))
      heard.push(listen(lxcpath, await open(session, lxcpath), until, tell));
    await Promise.all(heard);
  } finally {
    ended.abort();
  }
}

function listen(
  lxcpath: string,
  socket: Socket,
  until: AbortSignal,
  tell: (event: MonitorEvent) => void,
): Promise<void> {
  const cutter = new RecordCutter();
  return new Promise((resolve, reject) => {
    const end = () => socket.destroy();
    until.addEventListener('abort', end, { once: true });
    socket.on('data', (piece) => {
      for (const record of cutter.push(piece)) {
        const event = readEvent(lxcpath, record);
        if (event !== undefined) tell(event);
      }
    });
    socket.on('error', () => undefined);
    socket.on('end', end).on('close', () => {
      until.removeEventListener('abort', end);
      if (until.aborted) resolve();
      else reject(new LxcError(`The lxc-monitord of ${lxcpath} has quit`));
    });
  });
}

/** One that leaves just now is replaced. */
const attempts = 20;
const pauseMilliseconds = 50;

async function open(session: Session, lxcpath: string): Promise<Socket> {
  const path = `\0${monitordSocket(lxcpath)}`;
  for (let left = attempts; left > 0; left--) {
    const socket = await connected(path);
    if (socket !== undefined) return socket;
    await startDaemon(session, lxcpath);
    if (left < attempts) await new Promise((wake) => setTimeout(wake, pauseMilliseconds));
  }
  throw new LxcError(`Failed to reach the lxc-monitord of ${lxcpath}: it does not answer`);
}

function connected(path: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = nodeNet().connect({ path });
    socket.once('connect', () => resolve(socket));
    socket.once('error', (error) => {
      if (errnoCode(error) === 'ECONNREFUSED') resolve(undefined);
      else reject(new LxcError(`Failed to reach lxc-monitord: ${reason(error)}`, { cause: error }));
    });
  });
}

async function startDaemon(session: Session, lxcpath: string): Promise<void> {
  const fifo = monitorFifo(session, lxcpath);
  try {
    makeDirectories(dirname(fifo), 0o755);
  } catch (error) {
    throw new LxcError(`Failed to make ${dirname(fifo)}: ${reason(error)}`, { cause: error });
  }
  const { status, output } = await session.spawn({
    argv: [`${installRoot}/bin/lxc-ts`, '--monitord', fifo, monitordSocket(lxcpath)],
    stdio: 'capture',
    cwd: '/',
  });
  if (status !== 0)
    throw new LxcError(output.trim().replace(/^lxc-monitord: /, '') || 'Failed to start lxc-monitord');
}

/**
 * Has the daemon of a container path leave.
 * @throws LxcError where none runs
 */
export async function quitMonitord(lxcpath: string): Promise<void> {
  const socket = await connected(`\0${monitordSocket(lxcpath)}`);
  if (socket === undefined) throw new LxcError(`No lxc-monitord runs for ${lxcpath}`);
  await new Promise((told) => socket.on('error', told).on('close', told).end('quit').resume());
}
