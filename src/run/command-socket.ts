/**
 * The client's side of a monitor's command socket, in liblxc's wire format: for containers that we started and for
 * those of C LXC alike. Each request has a connection of its own, so several may be on their way at once. Requests
 * whose answers carry descriptors are the helper's business.
 */

import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoCode, errnoText } from '../base/errno.ts';
import { LxcError } from '../base/error.ts';
import { fnv1a64, hex64 } from '../base/fnv.ts';
import { nodeNet } from '../base/net.ts';
import type { ResolvedRule } from '../cgroup/devices.ts';
import { type State, stateNumber, states } from './states.ts';

/** How often a name without a monitor is looked for. */
const pollMilliseconds = 100;

/** A container as the user names it. */
export interface ContainerId {
  readonly lxcpath: string;
  readonly name: string;
}

/** Numbers of liblxc. */
export const requests = {
  stop: 2,
  getState: 3,
  getInitPid: 4,
  getCloneFlags: 5,
  getCgroup: 6,
  getConfigItem: 7,
  getName: 8,
  getLxcPath: 9,
  addStateClient: 10,
  consoleLog: 11,
  serveStateClients: 12,
  addBpfDevice: 14,
  freeze: 15,
  unfreeze: 16,
  getLimitCgroup: 19,
} as const;

const headBytes = 16;
/** The most that fits into an abstract address with liblxc's bookkeeping. */
const longestName = 105;
/** "No such state yet" in the answer to addStateClient. */
const noState = states.length;
/** int type, char name[256], int value. */
const messageBytes = 264;
const messageValueAt = 260;

/** Name of the abstract socket, without the NUL in front. */
export function socketName({ lxcpath, name }: ContainerId): string {
  const plain = `${lxcpath}/${name}/command`;
  if (Buffer.byteLength(plain) <= longestName) return plain;
  return `lxc/${hex64(fnv1a64(`${lxcpath}/${name}`))}/command`;
}

interface Reply {
  /** Not negative; integers that are the answer are in `value`. */
  readonly ret: number;
  readonly value: bigint;
  readonly data: Buffer;
}

interface Answer {
  readonly exchange: Exchange;
  /** `undefined` when the monitor hung up. */
  readonly reply: Reply | undefined;
}

/** Requests until a refusal is believed. */
const attempts = 4;

/** -EPERM or -EACCES */
function isDenied({ ret }: Reply): boolean {
  return ret === -1 || ret === -13;
}

interface Request {
  readonly data?: Buffer;
  readonly value?: number;
}

export class CommandSocket {
  readonly #id: ContainerId;
  readonly #path: string;

  constructor(id: ContainerId) {
    this.#id = id;
    this.#path = `\0${socketName(id)}`;
  }

  /** STOPPED where nobody listens. */
  async state(): Promise<State> {
    const reply = await this.#ask(requests.getState);
    return (reply && states[Number(reply.value)]) ?? 'STOPPED';
  }

  /** As this pid namespace sees it. */
  async initPid(): Promise<number | undefined> {
    const reply = await this.#ask(requests.getInitPid);
    const pid = Number(BigInt.asIntN(32, reply?.value ?? 0n));
    return pid > 0 ? pid : undefined;
  }

  /** CLONE_NEW* of the namespaces that the container has of its own. */
  async cloneFlags(): Promise<number | undefined> {
    const reply = await this.#ask(requests.getCloneFlags);
    return reply === undefined ? undefined : Number(reply.value);
  }

  /** The cgroup of the container for `controller`; `''` is the unified hierarchy. */
  cgroup(controller: string): Promise<string | undefined> {
    return this.#askText(requests.getCgroup, controller);
  }

  limitCgroup(controller: string): Promise<string | undefined> {
    return this.#askText(requests.getLimitCgroup, controller);
  }

  /** A value of the running configuration; lists have one line for each. */
  configItem(key: string): Promise<string | undefined> {
    return this.#askText(requests.getConfigItem, key);
  }

  name(): Promise<string | undefined> {
    return this.#askText(requests.getName, '');
  }

  lxcpath(): Promise<string | undefined> {
    return this.#askText(requests.getLxcPath, '');
  }

  /** Tells everybody who waits that the state is this one; false where nobody listens. */
  async announce(state: State): Promise<boolean> {
    return (await this.#ask(requests.serveStateClients, { value: stateNumber(state) })) !== undefined;
  }

  /** Freeze through the monitor, which only works on a unified hierarchy; false where it does not. */
  async freeze(frozen: boolean, seconds: number): Promise<boolean> {
    const reply = await this.#request(frozen ? requests.freeze : requests.unfreeze, { value: seconds });
    return reply !== undefined && reply.ret >= 0;
  }

  /**
   * Puts a rule before those of the container's device program, on a host where the unified hierarchy has one; false where
   * the monitor has none.
   */
  async addDeviceRule({ type, major, minor, access, allow }: ResolvedRule): Promise<boolean> {
    // struct device_item: char type; int major, minor; char access[4]; int allow; a list of liblxc's own.
    const data = Buffer.alloc(40);
    data.write(type, 0);
    data.writeInt32LE(major === '*' ? -1 : major, 4);
    data.writeInt32LE(minor === '*' ? -1 : minor, 8);
    data.write(access, 12, 3);
    data.writeInt32LE(allow ? 1 : 0, 16);
    const reply = await this.#request(requests.addBpfDevice, { data });
    return reply !== undefined && reply.ret >= 0;
  }

  /** What the console's ring buffer holds; `undefined` without a buffer or a monitor. */
  async consoleLog(options: { clear?: boolean; read?: boolean; writeFile?: boolean; most?: number }) {
    const data = Buffer.alloc(24);
    data.writeUInt8(options.clear === true ? 1 : 0, 0);
    data.writeUInt8(options.read === true ? 1 : 0, 1);
    data.writeBigUInt64LE(BigInt(options.most ?? 0), 8);
    data.writeUInt8(options.writeFile === true ? 1 : 0, 16);
    const reply = await this.#request(requests.consoleLog, { data });
    return reply === undefined || reply.ret < 0 ? undefined : reply.data;
  }

  /** Kill the container; resolves when its monitor has gone. False where nobody listened. */
  async stop(): Promise<boolean> {
    const answer = await this.#exchange(requests.stop, {});
    if (answer?.reply !== undefined) this.#check(answer.reply);
    return answer !== undefined;
  }

  /**
   * The first of the wanted states that the container is in or comes to; it need not have been started yet. `undefined`:
   * it stopped without reaching one, or `signal` was aborted.
   */
  async waitFor(wanted: ReadonlySet<State>, signal?: AbortSignal): Promise<State | undefined> {
    for (;;) {
      const watch = await this.watch(wanted);
      if (watch.listens || wanted.has('STOPPED') || signal?.aborted === true) return watch.reached(signal);
      // Aborted: the next round answers.
      await sleep(pollMilliseconds, undefined, signal === undefined ? {} : { signal }).catch(() => undefined);
    }
  }

  /**
   * Asks to be told of a state, now; so what is done next cannot be too fast to be noticed. With `reboot`, RUNNING means
   * the next time the container comes to it.
   */
  async watch(wanted: ReadonlySet<State>, { reboot = false } = {}): Promise<StateWatch> {
    const answer = await this.#exchange(requests.addStateClient, { data: wantedStates(wanted, reboot) });
    if (answer === undefined) return new StateWatch(wanted, undefined, undefined);
    const { exchange, reply } = answer;
    if (reply !== undefined) this.#check(reply);
    const now = reply === undefined ? undefined : states[Number(reply.value)];
    return new StateWatch(wanted, exchange, reply?.value === BigInt(noState) ? undefined : now);
  }

  async #askText(request: number, text: string): Promise<string | undefined> {
    const reply = await this.#request(request, text === '' ? {} : { data: Buffer.from(`${text}\0`) });
    if (reply === undefined || reply.ret < 0) return undefined;
    return reply.data.toString().replace(/\0$/, '');
  }

  async #ask(request: number, options: Request = {}): Promise<Reply | undefined> {
    const reply = await this.#request(request, options);
    if (reply !== undefined) this.#check(reply);
    return reply;
  }

  async #request(request: number, options: Request): Promise<Reply | undefined> {
    const answer = await this.#exchange(request, options);
    answer?.exchange.close();
    return answer?.reply;
  }

  /**
   * The kernel adds our credentials to a request unless it arrives in the moment between accept(2) and the monitor
   * asking for them; C LXC's monitors then refuse, and are asked again. `undefined` where nobody listens.
   */
  async #exchange(request: number, options: Request): Promise<Answer | undefined> {
    for (let left = attempts; ; left--) {
      const exchange = await Exchange.open(this.#path);
      if (exchange === undefined) return undefined;
      exchange.send(request, options);
      const reply = await exchange.reply();
      if (left <= 1 || reply === undefined || !isDenied(reply)) return { exchange, reply };
      exchange.close();
    }
  }

  #check(reply: Reply): void {
    const { ret } = reply;
    if (isDenied(reply))
      throw new LxcError(`Insufficient privileges to control ${this.#id.name}`, {
        code: 'NOT_PERMITTED',
        hint: 'run the command as root, or as the user who started the container',
      });
    if (ret < 0) throw new LxcError(`The monitor of ${this.#id.name} refused a request: ${errnoText(-ret)}`);
  }
}

function wantedStates(wanted: ReadonlySet<State>, reboot: boolean): Buffer {
  const data = Buffer.alloc(4 * states.length);
  for (const state of wanted)
    data.writeInt32LE(reboot && state === 'RUNNING' ? 2 : 1, 4 * stateNumber(state));
  return data;
}

/** A registered wish to be told of a state. */
export class StateWatch implements Disposable {
  readonly #wanted: ReadonlySet<State>;
  readonly #exchange: Exchange | undefined;
  readonly #now: State | undefined;

  constructor(wanted: ReadonlySet<State>, exchange: Exchange | undefined, now: State | undefined) {
    this.#wanted = wanted;
    this.#exchange = exchange;
    this.#now = now;
  }

  /** Whether a monitor is there to tell. */
  get listens(): boolean {
    return this.#exchange !== undefined;
  }

  /** See {@link CommandSocket.waitFor}. */
  async reached(signal?: AbortSignal): Promise<State | undefined> {
    const close = () => this.#exchange?.close();
    signal?.addEventListener('abort', close, { once: true });
    try {
      if (this.#now !== undefined) return this.#now;
      const message = signal?.aborted === true ? undefined : await this.#exchange?.bytes(messageBytes);
      if (message !== undefined) return states[message.readInt32LE(messageValueAt)];
      return signal?.aborted !== true && this.#wanted.has('STOPPED') ? 'STOPPED' : undefined;
    } finally {
      signal?.removeEventListener('abort', close);
      close();
    }
  }

  [Symbol.dispose](): void {
    this.#exchange?.close();
  }
}

/** One connection, read in pieces of known size. */
class Exchange {
  readonly #socket: Socket;
  #got: Buffer = Buffer.alloc(0);
  #ended = false;
  #wake: (() => void) | undefined;

  constructor(socket: Socket) {
    this.#socket = socket;
    const end = () => {
      this.#ended = true;
      this.#wake?.();
    };
    socket.on('error', end).on('close', end).on('end', end);
    socket.on('data', (piece) => {
      this.#got = this.#got.length === 0 ? piece : Buffer.concat([this.#got, piece]);
      this.#wake?.();
    });
  }

  /** `undefined` where nobody listens. */
  static open(path: string): Promise<Exchange | undefined> {
    const { connect } = nodeNet();
    return new Promise((resolve, reject) => {
      const socket = connect({ path });
      socket.once('connect', () => {
        socket.off('error', refused);
        resolve(new Exchange(socket));
      });
      const refused = (error: Error) => {
        // Reset: a monitor that ended with us in its backlog.
        if (errnoCode(error) === 'ECONNREFUSED' || errnoCode(error) === 'ECONNRESET') resolve(undefined);
        else reject(new LxcError(`Failed to reach the monitor: ${error.message}`, { cause: error }));
      };
      socket.once('error', refused);
    });
  }

  send(request: number, { data, value }: Request): void {
    const head = Buffer.alloc(headBytes + (data?.length ?? 0));
    head.writeInt32LE(request, 0);
    head.writeInt32LE(data?.length ?? 0, 4);
    head.writeBigInt64LE(BigInt(value ?? 0), 8);
    data?.copy(head, headBytes);
    this.#socket.write(head);
  }

  /** `undefined` when the monitor hung up. */
  async reply(): Promise<Reply | undefined> {
    const head = await this.bytes(headBytes);
    if (head === undefined) return undefined;
    const data = await this.bytes(head.readInt32LE(4));
    if (data === undefined) return undefined;
    return { ret: head.readInt32LE(0), value: head.readBigUInt64LE(8), data };
  }

  async bytes(count: number): Promise<Buffer | undefined> {
    while (this.#got.length < count) {
      if (this.#ended) return undefined;
      await new Promise<void>((wake) => {
        this.#wake = wake;
      });
    }
    const bytes = this.#got.subarray(0, count);
    this.#got = this.#got.subarray(count);
    return bytes;
  }

  close(): void {
    this.#socket.destroy();
  }
}
