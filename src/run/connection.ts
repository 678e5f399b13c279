/**
 * The session behind a line: one client, from HELLO to EXIT. Runs in the daemon (many at once) and in a cold brain
 * (one). What goes wrong here ends this session only.
 */

import { resolve } from 'node:path';
import { reason } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import { Grounds } from '../base/grounds.ts';
import { Laps } from '../base/laps.ts';
import { ByteReader, ByteWriter } from '../wire/bytes.ts';
import { encodeProgram } from '../wire/encode.ts';
import { helloRoles, runFlags, spawnStdio } from '../wire/frames.ts';
import type { Answer } from '../wire/grounds.ts';
import type { Program } from '../wire/program.ts';
import { encodeReport, type ReportPart } from '../wire/report.ts';
import { encodeText } from '../wire/text.ts';
import { type HelperTimes, readTrace } from '../wire/trace.ts';
import {
  type Frame,
  FrameCutter,
  FrameSender,
  frameTypes,
  type Hello,
  readCall,
  readHello,
  readResult,
  textPayload,
  u32s,
} from './frames.ts';
import { InputQueue } from './input.ts';
import type { Line } from './line.ts';
import { bootGround, withoutPid } from './replay.ts';
import type {
  CallHandler,
  Exit,
  Input,
  LastOptions,
  RunResult,
  Session,
  Spawned,
  SpawnRequest,
  TracedResult,
  Window,
} from './session.ts';

/** What a brain does for those who connect. */
export interface Service {
  /** Clients of another build are sent away; `undefined` serves every build. */
  readonly buildId: string | undefined;
  /** A daemon, which outlives its clients. */
  readonly isShared: boolean;
  /** Whether a command is one that answers within a turn of the event loop, as far as is known. */
  isPrompt(command: string): boolean;
  /** What its first turn took. */
  took(command: string, milliseconds: number): void;
  /** What `hello` was answered with rests on nothing but `grounds`. */
  keep(answer: Answer): void;
  command(session: SteeredSession): Promise<Exit>;
  /** A monitor's container ended: `calls` are what it waits for. */
  end(session: EndSession): Promise<Exit>;
  /** Leave when the sessions are done; false where nobody but the caller is served. */
  stop(): boolean;
}

/** What every brain does alike. */
export type Offer = Pick<Service, 'buildId' | 'command' | 'end'>;

/** What an attached command can be told while it runs. Said before it runs, it is told as soon as it does. */
export interface Steering {
  sendSignal(number: number): void;
  /** Of a terminal that the command has by its streams. */
  resize(window: Window): void;
}

export type SteeredSession = Session & Steering;

/** The session of a monitor: it says CALL on its own, without a program of ours. */
export interface EndSession extends Session {
  /** Answers the monitor's calls until `what`, which is not answered before the handler is done. */
  answer(onCall: CallHandler): void;
}

interface Waiter<T> {
  readonly resolve: (value: T) => void;
  readonly reject: (error: Error) => void;
}

/** Serves one client; resolves when it is gone. */
export function serve(line: Line, service: Service): Promise<void> {
  const connection = new Connection(line, service);
  return connection.closed;
}

class Connection implements EndSession, Steering {
  readonly closed: Promise<void>;
  readonly #sender: FrameSender;
  readonly #cutter = new FrameCutter();
  readonly #service: Service;
  readonly #line: Line;
  readonly #gone = new AbortController();
  readonly #input = new InputQueue();
  readonly #spawns = new Map<number, Waiter<Spawned>>();
  #hello: Hello | undefined;
  #running: Waiter<RunResult> | undefined;
  #attached = false;
  /** The client ends by itself when the program that runs has succeeded. */
  #isLast = false;
  #saidLast = false;
  readonly grounds = new Grounds();
  readonly laps = new Laps();
  #times: HelperTimes | undefined;
  /** Payload of HELLO. */
  #words: Buffer = Buffer.alloc(0);
  /** What its caller may do again. */
  #answer: Answer['again'] | undefined;
  #free: readonly string[] = [];
  #onCall: CallHandler | undefined;
  #waitingCalls: Frame[] = [];
  /** Said before there is something to steer. */
  #waitingTurns: (() => void)[] = [];
  #spawnId = 0;

  constructor(line: Line, service: Service) {
    this.#line = line;
    this.#service = service;
    this.#sender = new FrameSender(line);
    this.closed = new Promise((closed) =>
      line.listen({ data: (piece) => this.#take(piece), ended: () => this.#leave(), closed }),
    );
  }

  get argv() {
    return this.#said.argv;
  }
  get cwd() {
    return this.#said.cwd;
  }
  get env() {
    return this.#said.env;
  }
  get umask() {
    return this.#said.umask;
  }
  get uid() {
    return this.#said.uid;
  }
  get gid() {
    return this.#said.gid;
  }
  get isatty() {
    return this.#said.isatty;
  }
  get window() {
    return this.#said.window;
  }
  get pid() {
    return this.#said.pid;
  }
  get signal() {
    return this.#gone.signal;
  }

  out(text: string | Uint8Array): void {
    this.grounds.spoil();
    this.#sender.send(frameTypes.OUT, typeof text === 'string' ? encodeText(text) : text);
  }

  err(text: string | Uint8Array): void {
    this.grounds.spoil();
    this.#sender.send(frameTypes.ERR, typeof text === 'string' ? encodeText(text) : text);
  }

  report(text: string, again: readonly ReportPart[] | undefined): void {
    if (again === undefined || this.#answer !== undefined) this.grounds.spoil();
    else if (this.grounds.isWhole) this.#answer = { kind: 'report', bytes: encodeReport(again) };
    this.#sender.send(frameTypes.OUT, encodeText(text));
  }

  syslog(line: string): void {
    this.#sender.send(frameTypes.SYSLOG, encodeText(line));
  }

  resolve(path: string): string {
    if (this.cwd === '' && !path.startsWith('/'))
      throw new LxcError(`Failed to find ${path}: the current directory was deleted`, {
        hint: 'cd elsewhere',
      });
    return resolve(this.cwd === '' ? '/' : this.cwd, path);
  }

  run(program: Program, onCall?: CallHandler): Promise<RunResult> {
    this.grounds.spoil();
    return this.#run(program, 0, onCall);
  }

  look(program: Program): Promise<RunResult> {
    return this.#run(program, 0);
  }

  runLast(program: Program, { onCall, isGrounded = false, free = [] }: LastOptions = {}): Promise<RunResult> {
    if (!isGrounded) this.grounds.spoil();
    this.#free = free;
    // A brain of its own is not left behind by its client.
    return this.#run(program, this.#service.isShared ? runFlags.last : 0, onCall, 'answer');
  }

  async runTraced(program: Program, onCall?: CallHandler): Promise<TracedResult> {
    this.grounds.spoil();
    const result = await this.#run(program, runFlags.trace, onCall);
    this.laps.mark('say how it went');
    if (this.#times === undefined) throw new LxcError('Failed to trace a program: its runner told no times');
    return { result, times: this.#times };
  }

  #run(program: Program, flags: number, onCall?: CallHandler, as?: 'answer'): Promise<RunResult> {
    this.#onCall = onCall ?? (() => Promise.resolve());
    return this.#ask((waiter) => {
      this.#running = waiter;
      this.#attached = program.after === 'attached';
      this.#isLast = flags === runFlags.last;
      const bytes = encodeProgram(program, flags);
      if (as === 'answer' && this.grounds.isWhole) this.#answer = { kind: 'program', bytes };
      this.#sender.send(frameTypes.RUN, bytes);
      if (flags === runFlags.trace) this.laps.mark('put the program into words');
      if (this.#attached) for (const turn of this.#waitingTurns.splice(0)) turn();
    });
  }

  sendSignal(number: number): void {
    this.#steer(() => this.#sender.send(frameTypes.SIGNAL, u32s(number)));
  }

  resize({ rows, columns }: Window): void {
    this.#steer(() => this.#sender.send(frameTypes.WINCH, u32s(rows, columns)));
  }

  #steer(turn: () => void): void {
    if (this.#attached && this.#running !== undefined) turn();
    else this.#waitingTurns.push(turn);
  }

  spawn(request: SpawnRequest): Promise<Spawned> {
    this.grounds.spoil();
    const id = ++this.#spawnId;
    const env = Object.entries(request.env ?? this.env).map(([name, value]) => `${name}=${value}`);
    const out = new ByteWriter().u32(id).u32(spawnStdio[request.stdio ?? 'inherit']);
    out
      .texts(request.argv)
      .texts(env)
      .text(request.cwd ?? this.cwd)
      .blob(request.stdin ?? Buffer.alloc(0));
    return this.#ask((waiter) => {
      this.#spawns.set(id, waiter);
      this.#sender.send(frameTypes.SPAWN, out.take());
    });
  }

  want(farewell?: string): AsyncIterable<Input> {
    this.grounds.spoil();
    this.#sender.send(frameTypes.WANT, farewell === undefined ? undefined : encodeText(farewell));
    return this.#input;
  }

  answer(onCall: CallHandler): void {
    this.#onCall = onCall;
    for (const frame of this.#waitingCalls.splice(0)) this.#call(frame, onCall);
  }

  stopDaemon(): boolean {
    return this.#service.stop();
  }

  get #said(): Hello {
    if (this.#hello === undefined) throw new LxcError('Failed to serve a client: it said nothing yet');
    return this.#hello;
  }

  #ask<T>(send: (waiter: Waiter<T>) => void): Promise<T> {
    if (this.signal.aborted) return Promise.reject(callerGone());
    return new Promise((resolve, reject) => send({ resolve, reject }));
  }

  #take(piece: Buffer): void {
    try {
      for (const frame of this.#cutter.push(piece)) this.#obey(frame);
    } catch {
      this.#line.destroy();
    }
  }

  #obey(frame: Frame): void {
    switch (frame.type) {
      case frameTypes.HELLO:
        this.#words = frame.payload;
        this.#greet(readHello(frame.payload));
        break;
      case frameTypes.TRACE:
        this.#times = readTrace(frame.payload);
        break;
      case frameTypes.RESULT:
        this.#result(readResult(frame.payload));
        break;
      case frameTypes.CALL:
        if (this.#onCall === undefined) this.#waitingCalls.push(frame);
        else this.#call(frame, this.#onCall);
        break;
      case frameTypes.SPAWNED:
        this.#spawned(new ByteReader(frame.payload));
        break;
      default:
        this.#input.take(frame);
    }
  }

  #greet(hello: Hello): void {
    if (this.#hello !== undefined) throw new LxcError('Failed to serve a client: it said HELLO twice');
    // Another build's client goes to a brain of its own.
    const { buildId } = this.#service;
    if (buildId !== undefined && hello.buildId !== buildId) {
      this.#sender.end();
      return;
    }
    this.#hello = hello;
    this.laps.mark('hear HELLO');
    this.#accept(hello.argv[0] ?? '');
    const work = hello.role === helloRoles.end ? this.#service.end(this) : this.#service.command(this);
    work.then(
      (exit) => this.#finish(exit),
      (error) => {
        this.err(`lxc: Unexpected: ${error instanceof Error ? error.stack : String(error)}\n`);
        this.#finish({ status: 1, signal: 0 });
      },
    );
  }

  /** The client waits for this one with a limit of time. Where the answer follows at once, they go in one write. */
  #accept(command: string): void {
    if (this.#service.isPrompt(command)) this.#sender.send(frameTypes.ACCEPT);
    else this.#sender.sendNow(frameTypes.ACCEPT);
    const since = Date.now();
    setImmediate(() => this.#service.took(command, Date.now() - since));
  }

  #finish({ status, signal }: Exit): void {
    if (this.#saidLast) {
      this.#line.destroy();
      this.#keep();
    } else {
      this.#sender.send(frameTypes.EXIT, u32s(status, signal));
      this.#sender.end();
      if (this.#answer?.kind === 'report' && status === 0 && signal === 0) this.#keep();
    }
  }

  #keep(): void {
    if (this.#answer === undefined || !this.grounds.isWhole) return;
    this.#service.keep({
      hello: withoutPid(this.#words),
      // What a brain reads but once may be another thing after the next boot.
      grounds: [bootGround(), ...this.grounds.all],
      again: this.#answer,
      free: this.#free,
    });
  }

  /** An attached command is heard of twice: when it runs, which nobody waits for, and when it ends. */
  #result(result: RunResult): void {
    if (this.#running === undefined || (this.#attached && result.kind === 'ok')) return;
    this.#saidLast = this.#isLast && result.kind !== 'failed';
    this.#running.resolve(result);
    this.#running = undefined;
  }

  #call(frame: Frame, onCall: CallHandler): void {
    const work = Promise.resolve(readCall(frame.payload)).then(onCall);
    work.then(
      () => this.#sender.send(frameTypes.RESUME),
      (error) => this.#sender.send(frameTypes.ABORT, textPayload(abortReason(error))),
    );
  }

  #spawned(from: ByteReader): void {
    const [id, status, output] = [from.u32(), from.u32(), from.blob().toString()];
    const waiter = this.#spawns.get(id);
    this.#spawns.delete(id);
    waiter?.resolve({ status: shellStatus(status), output });
  }

  #leave(): void {
    if (this.signal.aborted) return;
    // With a reason of our own: an exception would be made here, with its stack, for every session.
    this.#gone.abort(gone);
    const waiters = [this.#running, ...this.#spawns.values()];
    this.#running = undefined;
    this.#spawns.clear();
    for (const waiter of waiters) waiter?.reject(callerGone());
    this.#input.end();
    this.#line.end();
  }
}

const gone = 'the caller has gone';

function callerGone(): LxcError {
  return new LxcError('Failed to go on: the caller has gone');
}

function abortReason(error: unknown): string {
  return error instanceof LxcError ? error.toString() : reason(error);
}

/** A wait status as a shell tells it. */
export function shellStatus(status: number): number {
  const signal = status & 0x7f;
  return signal === 0 ? (status >> 8) & 0xff : 128 + signal;
}
