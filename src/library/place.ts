/** Where containers are looked for, and on whose behalf. */

import { LxcError } from '../base/error.ts';
import type { ContainerId } from '../run/command-socket.ts';
import { InProcess } from '../run/in-process.ts';
import { defaultLxcPath } from '../run/places.ts';

/** Where containers are, and what the programs that a container needs on the host are given. */
export interface Place {
  /**
   * The directory that has a directory for each container. Absent: `lxc.lxcpath` of lxc.conf, else `/var/lib/lxc`.
   * A relative path starts in the working directory of this process.
   */
  readonly lxcpath?: string | undefined;
  /** The whole environment of hooks and templates on the host; absent: `process.env`. */
  readonly env?: Readonly<Record<string, string>> | undefined;
}

/** An act that can be given up. */
export interface Abortable {
  /**
   * Gives up when it is aborted, `AbortSignal.timeout(milliseconds)` for a limit of time. The error has the code
   * `TIMED_OUT` or `ABORTED`, and the signal's reason as its `cause`.
   */
  readonly signal?: AbortSignal | undefined;
}

/** Absolute, without a trailing slash. */
export function lxcpathOf({ lxcpath, env }: Place): string {
  using session = new InProcess({ env });
  return session.resolve(lxcpath ?? defaultLxcPath(session));
}

export function idOf(name: string, place: Place): ContainerId {
  if (/^\.{0,2}$|[/\n\0]/.test(name))
    throw new LxcError(`Failed to use '${name}' as a container name: it is a path`, {
      code: 'INVALID_ARGUMENT',
      hint: 'the directory of containers is the option lxcpath',
    });
  return { lxcpath: lxcpathOf(place), name };
}

/**
 * Runs `work` for as long as `signal` lets it.
 * @throws LxcError `TIMED_OUT` or `ABORTED`
 */
export async function inSession<T>(
  { env }: Place,
  signal: AbortSignal | undefined,
  work: (session: InProcess) => Promise<T>,
): Promise<T> {
  refuseAborted(signal);
  using session = new InProcess({ env, signal });
  try {
    return await work(session);
  } catch (error) {
    refuseAborted(signal);
    throw error;
  }
}

/** @throws LxcError `TIMED_OUT` or `ABORTED` */
export function refuseAborted(signal: AbortSignal | undefined): void {
  if (signal?.aborted === true) throw abortError(signal);
}

/** What an aborted signal is as an error of ours. */
export function abortError({ reason }: AbortSignal): LxcError {
  const isTimeout = reason instanceof Error && reason.name === 'TimeoutError';
  return new LxcError(isTimeout ? 'The time is over' : 'It was aborted', {
    code: isTimeout ? 'TIMED_OUT' : 'ABORTED',
    cause: reason,
  });
}

/** The same error with a code that says more. */
export function coded(error: unknown, code: LxcError['code'], act = ''): unknown {
  if (!(error instanceof LxcError) || error.code !== 'FAILED') return error;
  return new LxcError(`${act}${error.message}`, { ...error, code, cause: error });
}
