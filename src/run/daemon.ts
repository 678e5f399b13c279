/**
 * `--daemon`: the warm brain. The client that starts it bound and listens on the socket of fd 3 and waits at the other end
 * of fd 4; it is served first, then whoever connects. It keeps no state, so it may be killed at any time; idle, it takes
 * its socket away and leaves.
 */

import { fstatSync, readFileSync, statSync, unlinkSync } from 'node:fs';
import type { Server } from 'node:net';
import { dirname } from 'node:path';
import { nodeNet } from '../base/net.ts';
import type { Answer } from '../wire/grounds.ts';
import { type Offer, type Service, serve } from './connection.ts';
import { DescriptorLine } from './descriptor-line.ts';
import { type Line, socketLine } from './line.ts';
import { Patterns } from './pattern.ts';
import { keep } from './replay.ts';

/** Connections that came before the socket was taken away wait in the backlog: they are served within this time. */
const drainMilliseconds = 50;

/** Others wait in the backlog until the first client has gone, but no longer than this: node:net takes time to load. */
const firstMilliseconds = 50;

/** Far below what a client waits for ACCEPT. */
const promptMilliseconds = 20;

export function daemon(service: Offer, idleSeconds: number): void {
  const brain = new Daemon(service, idleSeconds);
  // A fault in one session must not end the others, which are served; but nobody new comes to a brain that has a fault.
  process.on('uncaughtException', (error) => {
    console.error(error);
    brain.leave();
  });
  brain.start();
}

class Daemon {
  readonly #service: Service;
  readonly #idleMilliseconds: number;
  #server: Server | undefined;
  #socket: ListeningSocket | undefined;
  #sessions = 0;
  #idle: NodeJS.Timeout | undefined;
  #leaving = false;
  readonly #prompt = new Set<string>();
  readonly #patterns = new Patterns();

  constructor(service: Offer, idleSeconds: number) {
    this.#service = {
      ...service,
      isShared: true,
      isPrompt: (command) => this.#prompt.has(command),
      took: (command, milliseconds) => this.#note(command, milliseconds),
      keep: (answer) => this.#keep(answer),
      stop: () => this.leave(),
    };
    this.#idleMilliseconds = idleSeconds * 1000;
  }

  start(): void {
    const others = setTimeout(() => this.#listen(), firstMilliseconds);
    void this.#serve(new DescriptorLine(4)).then(() => {
      clearTimeout(others);
      this.#listen();
    });
  }

  #listen(): void {
    if (this.#server !== undefined || this.#leaving) return;
    this.#server = nodeNet().createServer({ allowHalfOpen: false }, (socket) =>
      this.#serve(socketLine(socket)),
    );
    this.#server.listen({ fd: 3 });
    this.#socket = listeningSocket();
  }

  async #serve(line: Line): Promise<void> {
    this.#sessions++;
    clearTimeout(this.#idle);
    await serve(line, this.#service);
    this.#sessions--;
    if (this.#sessions === 0) this.#wait();
  }

  #note(command: string, milliseconds: number): void {
    if (milliseconds > promptMilliseconds) this.#prompt.delete(command);
    else this.#prompt.add(command);
  }

  #keep(answer: Answer): void {
    const { path = '' } = this.#socket ?? listeningSocket();
    const namespaces = /-([0-9a-f]{16})\.sock$/.exec(path)?.[1];
    if (namespaces === undefined) return;
    const kept = { ...answer, namespaces };
    keep(dirname(path), kept);
    this.#patterns.learn(dirname(path), kept);
  }

  #wait(): void {
    if (this.#leaving) return;
    clearTimeout(this.#idle);
    this.#idle = setTimeout(() => this.leave(), this.#idleMilliseconds);
  }

  /** The socket goes first: from then on nobody new can come, and those who came are served. */
  leave(): true {
    if (this.#leaving) return true;
    this.#leaving = true;
    this.#removeSocket();
    setTimeout(() => this.#server?.close(), drainMilliseconds);
    return true;
  }

  /** Nobody replaces the socket while we listen on it, but a user may have removed it and started another brain. */
  #removeSocket(): void {
    const { path, inode } = this.#socket ?? listeningSocket();
    try {
      if (path !== undefined && statSync(path).ino === inode) unlinkSync(path);
    } catch {
      // It is gone already.
    }
  }
}

interface ListeningSocket {
  readonly path: string | undefined;
  /** Inode of the socket's file. */
  readonly inode: number | undefined;
}

/** The path that fd 3 is bound to, which only the kernel's table tells. */
function listeningSocket(): ListeningSocket {
  const inode = fstatSync(3).ino;
  const line = readFileSync('/proc/net/unix', 'utf8')
    .split('\n')
    .find((row) => row.split(/\s+/)[6] === String(inode));
  const path = line?.split(/\s+/)[7];
  try {
    return { path, inode: path === undefined ? undefined : statSync(path).ino };
  } catch {
    return { path: undefined, inode: undefined };
  }
}
