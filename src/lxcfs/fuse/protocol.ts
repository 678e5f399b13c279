/**
 * The FUSE kernel protocol, as far as a read-only tree needs it: what a request says and how a reply looks, byte for
 * byte. Identifiers of 64 bits are handled as two halves, because BigInt costs more than everything else here.
 */

export const opcodes = {
  LOOKUP: 1,
  FORGET: 2,
  GETATTR: 3,
  SETATTR: 4,
  READLINK: 5,
  OPEN: 14,
  READ: 15,
  STATFS: 17,
  RELEASE: 18,
  INIT: 26,
  OPENDIR: 27,
  READDIR: 28,
  RELEASEDIR: 29,
  INTERRUPT: 36,
  DESTROY: 38,
  BATCH_FORGET: 42,
} as const;

/** Reply flags of OPEN. */
export const openFlags = { DIRECT_IO: 1, NOFLUSH: 32 } as const;

/** Flags in requests. */
const requestFlags = { READ_LOCKOWNER: 2, O_ACCMODE: 3, O_TRUNC: 0x200 } as const;

/** Every reply here is valid for 7.23 and later, so a successor need not know what was negotiated. */
const limits = { major: 7, minor: 38, oldest: 23, readahead: 65536, maxWrite: 4096 } as const;

/** The kernel wants room for its largest request: 80 bytes and max_write, at least 8192. */
export const requestBytes = 131072;
/** A READ asks for 32 pages at most. */
const largestRead = 131072;
const replyHead = 16;

/** The high bit of `unique`: the kernel hands the request out for the second time. */
const resentBit = 0x80000000;

/** A 64-bit number as two halves. */
export interface Wide {
  readonly high: number;
  readonly low: number;
}

/** The request that was read last. */
export class Request {
  readonly bytes: Buffer = Buffer.alloc(requestBytes);
  readonly #view = new DataView(this.bytes.buffer, this.bytes.byteOffset, requestBytes);

  u32(offset: number): number {
    return this.#view.getUint32(offset, true);
  }

  get length(): number {
    return this.u32(0);
  }

  get opcode(): number {
    return this.u32(4);
  }

  get resent(): boolean {
    return (this.u32(12) & resentBit) !== 0;
  }

  /** `unique` without the mark of a second time. */
  get unique(): Wide {
    return { high: (this.u32(12) & ~resentBit) >>> 0, low: this.u32(8) };
  }

  get uid(): number {
    return this.u32(24);
  }

  /** The thread that asks, 0 where our pid namespace cannot see it. */
  get tid(): number {
    return this.u32(32);
  }

  /** LOOKUP: the name without its NUL. */
  get name(): string {
    return this.bytes.toString('utf8', 40, this.length - 1);
  }

  /** OPEN: it wants to change something. */
  get writes(): boolean {
    return (this.u32(40) & (requestFlags.O_ACCMODE | requestFlags.O_TRUNC)) !== 0;
  }

  /** READ, READDIR: where; 4 GiB and more is behind every end. */
  get offset(): number {
    return this.u32(52) === 0 ? this.u32(48) : Number.MAX_SAFE_INTEGER;
  }

  get size(): number {
    return Math.min(this.u32(56), largestRead);
  }

  /** READ: a reader asks. Without the lock owner it is the page cache, which would give the bytes to anybody. */
  get direct(): boolean {
    return (this.u32(60) & requestFlags.READ_LOCKOWNER) !== 0;
  }
}

export interface Attributes {
  /** Seconds that the kernel may believe this. */
  readonly ttl: number;
  readonly size: number;
  /** With the type of the file. */
  readonly mode: number;
  readonly nlink: number;
  readonly seconds: number;
}

export const fileTypes = { directory: 0o40000, file: 0o100000, link: 0o120000 } as const;

/** A reply in the making; each method gives the length of the whole. */
export class Reply {
  readonly bytes: Buffer = Buffer.alloc(replyHead + largestRead);
  readonly #view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.length);

  /** Where data of any kind begins. */
  static readonly data = replyHead;

  #set(offset: number, value: number): void {
    this.#view.setUint32(offset, value, true);
  }

  /** `unique` goes back as it came. */
  #head(request: Request, body: number, error: number): number {
    this.#set(0, replyHead + body);
    this.#view.setInt32(4, -error, true);
    this.#set(8, request.u32(8));
    this.#set(12, request.u32(12));
    return replyHead + body;
  }

  #cleared(request: Request, body: number): number {
    this.bytes.fill(0, replyHead, replyHead + body);
    return this.#head(request, body, 0);
  }

  error(request: Request, errno: number): number {
    return this.#head(request, 0, errno);
  }

  empty(request: Request): number {
    return this.#head(request, 0, 0);
  }

  /** What was put at `Reply.data`. */
  filled(request: Request, length: number): number {
    return this.#head(request, length, 0);
  }

  /** A kernel older than 7.23 knows another layout: 0. */
  init(request: Request): number {
    const minor = request.u32(44);
    if (request.u32(40) < limits.major || (request.u32(40) === limits.major && minor < limits.oldest))
      return 0;
    const length = this.#cleared(request, 64);
    this.#set(16, limits.major);
    this.#set(20, request.u32(40) > limits.major ? limits.minor : Math.min(limits.minor, minor));
    this.#set(24, limits.readahead);
    this.#set(28, 1); // ASYNC_READ
    this.#view.setUint16(32, 12, true); // max_background
    this.#view.setUint16(34, 9, true); // congestion_threshold
    this.#set(36, limits.maxWrite);
    this.#set(40, 1); // time_gran
    return length;
  }

  entry(request: Request, node: Wide, ttl: number, attributes: Attributes): number {
    const length = this.#cleared(request, 128);
    this.#node(16, node);
    this.#set(32, ttl);
    this.#set(40, attributes.ttl);
    this.#attributes(56, node, attributes);
    return length;
  }

  /** `nodeid` 0: the name does not exist, and the kernel asks again next time. */
  noEntry(request: Request): number {
    return this.#cleared(request, 128);
  }

  attributes(request: Request, node: Wide, attributes: Attributes): number {
    const length = this.#cleared(request, 104);
    this.#set(16, attributes.ttl);
    this.#attributes(32, node, attributes);
    return length;
  }

  open(request: Request, handle: Wide, flags: number): number {
    const length = this.#cleared(request, 16);
    this.#node(16, handle);
    this.#set(24, flags);
    return length;
  }

  statfs(request: Request): number {
    const length = this.#cleared(request, 80);
    this.#set(56, 4096);
    this.#set(60, 255);
    this.#set(64, 4096);
    return length;
  }

  /** One record at `at` (from `Reply.data`) whose successor has the cookie `next`; its length, 0 when it is beyond `end`. */
  directoryEntry(at: number, end: number, node: Wide, next: number, type: number, name: string): number {
    const bytes = Buffer.byteLength(name);
    const length = (24 + bytes + 7) & ~7;
    if (at + length > end) return 0;
    this.bytes.fill(0, at, at + length);
    this.#node(at, node);
    this.#set(at + 8, next);
    this.#set(at + 16, bytes);
    this.#set(at + 20, type >> 12);
    this.bytes.write(name, at + 24);
    return length;
  }

  #node(offset: number, { low, high }: Wide): void {
    this.#set(offset, low);
    this.#set(offset + 4, high);
  }

  #attributes(at: number, node: Wide, { size, mode, nlink, seconds }: Attributes): void {
    this.#node(at, node);
    this.#set(at + 8, size);
    this.#set(at + 16, (size + 511) >>> 9);
    for (const offset of [24, 32, 40]) this.#set(at + offset, seconds);
    this.#set(at + 60, mode);
    this.#set(at + 64, nlink);
    this.#set(at + 80, 4096);
  }
}
