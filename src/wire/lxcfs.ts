/**
 * What the keeper and the servers of the proc view share: a memory file that the keeper makes and every server
 * inherits. Offsets in bytes; numbers are little endian, 32 bits where nothing else is said. The same numbers stand
 * in the generated C header and are append-only, because a new server continues where one of an older build was.
 */

/** Descriptors that a server finds. */
export const lxcfsFds = { fuse: 3, state: 4 } as const;

export const lxcfsState = {
  /** The kernel re-queues lost requests (FUSE_NOTIFY_RESEND, Linux 6.9): two servers; else one, with a journal. */
  resend: 0,
  /** Not 0: every file is the host's. */
  host: 4,
  /** Set by a server when a load average was asked for; the keeper then starts the sampler. */
  sample: 8,
  /** INIT was answered. */
  ready: 12,
  /** Servers that died. */
  restarts: 16,
  /** Of these, servers that were blocked. */
  blocked: 20,
  /** How many requests were marked, ever; the last `marks` of them stand at `marked`. */
  markCount: 24,
  /** 64 bits each: `unique` of a request that blocked a server. */
  marked: 32,
  /** One record for each server, `serverBytes` long; the sampler has the last. */
  servers: 128,
  /** Text, NUL-terminated: the installation to start servers from. */
  root: 1024,
  /** The last request as it was read, with its length in front; only without RESEND. */
  journal: 4096,
  /** The snapshots of open files. */
  slots: 65536,
} as const;

export const lxcfsServer = {
  /** Written by the keeper; 0 while it is not running. */
  pid: 0,
  /** Its own pid once it answers requests. */
  serving: 4,
  /** Counts the requests that were noted. */
  serial: 8,
  /**
   * 1 from its first note on: `unique` is the request that it works on, or the last one. That it waits for the next
   * one the keeper sees in /proc/PID/syscall, and only where nothing is noted for a while.
   */
  busy: 12,
  /** 64 bits. */
  unique: 16,
  /** Slots that were ever used. */
  high: 24,
} as const;

export const lxcfsSizes = {
  serverBytes: 64,
  /** Records: two servers and the sampler. */
  servers: 3,
  marks: 8,
  /** A server is killed when a request takes longer. */
  patienceMs: 1000,
} as const;
