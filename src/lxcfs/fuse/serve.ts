/**
 * The loop of a server: a blocking read, a handler, a write. Nothing else runs in this process, so a reader waits for
 * nobody but the handler. The process is made to be killed at any point; what it leaves is in the kernel, in the
 * snapshots and, without RESEND, in the journal.
 */

import { readSync, writeSync } from 'node:fs';
import { errnoCode } from '../../base/errno.ts';
import type { Log } from './log.ts';
import { opcodes, Reply, Request } from './protocol.ts';
import type { Router } from './router.ts';
import type { SharedState } from './shared.ts';

const errno = { EINTR: 4, EIO: 5 } as const;

/** Without RESEND: how many ids behind the last known one may have been read and lost. */
const probedIds = 256;
/** `unique` goes up in steps of 2. */
const idStep = 2;

/**
 * A request that was marked is answered by the host's file. Both servers can have blocked on it, and one may have died of
 * it before; more often, and the host's file blocks as well.
 */
const mostMarks = 3;

/** Between calls of `housekeeping`: what a reader asks for every few seconds stays open. */
const housekeepingMs = 20_000;
/** The clock costs more than counting. */
const requestsPerLook = 16;

export interface Server {
  /** The descriptor of /dev/fuse. */
  readonly fd: number;
  readonly router: Router;
  readonly shared: SharedState;
  readonly log: Log;
  readonly housekeeping: () => void;
  /** Tell every request. */
  readonly debug: boolean;
}

/** Returns when the mount is gone. */
export function serve(server: Server): void {
  const loop = new Loop(server);
  loop.recover();
  server.shared.serving();
  while (loop.next());
}

class Loop {
  readonly #server: Server;
  readonly #request = new Request();
  readonly #reply = new Reply();
  readonly #journal: boolean;
  readonly #host: boolean;
  #cleaned = Date.now();
  #served = 0;

  constructor(server: Server) {
    this.#server = server;
    this.#journal = !server.shared.resend;
    this.#host = server.shared.host;
  }

  /** Has what a predecessor took with it answered; with RESEND the keeper has already seen to it. */
  recover(): void {
    if (!this.#journal || !this.#server.shared.readJournal(this.#request)) return;
    if (this.#request.opcode !== opcodes.INIT) this.#answer(true);
    this.#freeLost();
  }

  next(): boolean {
    try {
      const { bytes } = this.#request;
      readSync(this.#server.fd, bytes, 0, bytes.length, null);
    } catch (error) {
      return this.#goesOn(error);
    }
    if (this.#journal) this.#server.shared.writeJournal(this.#request);
    this.#answer(this.#request.resent);
    this.#clean();
    return true;
  }

  /** ENODEV: unmounted, ECONNABORTED: aborted. EINTR, ENOENT (a request that was taken back) and EAGAIN: again. */
  #goesOn(error: unknown): boolean {
    const code = errnoCode(error);
    if (code === 'ENODEV' || code === 'ECONNABORTED') return false;
    if (code === 'EINTR' || code === 'ENOENT' || code === 'EAGAIN') return true;
    throw error;
  }

  #answer(repeated: boolean): void {
    const length = this.#handle(repeated);
    if (length === 0) return;
    if (this.#server.debug) this.#tell(length);
    const failed = write(this.#server.fd, this.#reply.bytes, length);
    if (failed !== undefined) this.#unanswered(failed);
    else if (this.#request.opcode === opcodes.INIT) this.#server.shared.ready();
  }

  /** ENOENT: nobody waits any more, or a copy of the request is answered. A reader must not wait for ever for the rest. */
  #unanswered(code: string): void {
    this.#server.router.unanswered();
    if (code === 'ENOENT') return;
    dieWithoutMemory(code);
    this.#server.log.line(`Failed to write the reply to request ${this.#request.opcode}: ${code}`);
    write(this.#server.fd, this.#reply.bytes, this.#reply.error(this.#request, errno.EIO));
  }

  #handle(repeated: boolean): number {
    const { router, shared, log } = this.#server;
    const marks = repeated ? shared.marks(this.#request.unique) : 0;
    if (marks > mostMarks) return this.#reply.error(this.#request, errno.EIO);
    router.host = this.#host || marks > 0;
    router.repeated = repeated;
    try {
      return router.handle(this.#request, this.#reply);
    } catch (error) {
      dieWithoutMemory(errnoCode(error));
      log.line(`Failed to answer request ${this.#request.opcode}: ${String(error)}`);
      return this.#reply.error(this.#request, errno.EIO);
    }
  }

  /**
   * A predecessor may have died between reading a request and noting it. Its reader would wait for ever; EINTR has it try
   * again. Only sound with one server: a living sibling's requests would fail.
   */
  #freeLost(): void {
    const { high, low } = this.#request.unique;
    for (let step = 1; step <= probedIds; step++) {
      const next = low + step * idStep;
      this.#request.bytes.writeUInt32LE(next >>> 0, 8);
      this.#request.bytes.writeUInt32LE(high + (next > 0xffffffff ? 1 : 0), 12);
      write(this.#server.fd, this.#reply.bytes, this.#reply.error(this.#request, errno.EINTR));
    }
  }

  #clean(): void {
    if (this.#served++ % requestsPerLook !== 0) return;
    const now = Date.now();
    if (now - this.#cleaned < housekeepingMs) return;
    this.#cleaned = now;
    this.#server.housekeeping();
  }

  #tell(length: number): void {
    const { opcode, tid, unique } = this.#request;
    const result = this.#reply.bytes.readInt32LE(4);
    const node = `${this.#request.u32(20)}:${this.#request.u32(16)}`;
    process.stderr.write(`unique ${unique.low} op ${opcode} node ${node} tid ${tid}: ${result} ${length}\n`);
  }
}

/** A sibling or successor has the request at once, and can answer it; an error would go to the reader. */
function dieWithoutMemory(code: string | undefined): void {
  if (code === 'ENOMEM' || code === 'EFAULT') process.kill(process.pid, 'SIGKILL');
}

/** The code of the failure. */
function write(fd: number, bytes: Buffer, length: number): string | undefined {
  try {
    writeSync(fd, bytes, 0, length);
    return undefined;
  } catch (error) {
    return errnoCode(error) ?? String(error);
  }
}
