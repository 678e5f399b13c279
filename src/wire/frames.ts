/**
 * The frames between a client (also runner and monitor) and a brain: `u32 payload length, u32 type, payload`,
 * little endian. The same numbers stand in the generated C header and are append-only.
 */

export const protocolVersion = 1;

/** A larger frame is refused on either side. */
export const maxFrameBytes = 8 * 1024 * 1024;

export const frameTypes = {
  // client -> brain
  HELLO: 1,
  RESULT: 2,
  CALL: 3,
  SPAWNED: 4,
  IN: 5,
  SIGNAL: 6,
  WINCH: 7,
  TRACE: 8,
  // SIGNAL and WINCH also brain -> client while an attached command runs: for it, and for its terminal on our streams.
  // brain -> client
  ACCEPT: 32,
  OUT: 33,
  ERR: 34,
  EXIT: 35,
  RUN: 36,
  SPAWN: 37,
  RESUME: 38,
  ABORT: 39,
  /**
   * Forward standard input (IN), window changes (WINCH) and INT/TERM/HUP (SIGNAL) from now on. With a payload the terminal is
   * raw until the client ends, and is then told the payload.
   */
  WANT: 40,
  /** A datagram for the system's log, as it goes to /dev/log. */
  SYSLOG: 41,
} as const;

export type FrameType = keyof typeof frameTypes;

/** Who says HELLO. */
export const helloRoles = {
  /** A command that a user typed. */
  command: 0,
  /** A monitor whose container ended; argv is [record directory, wait status, `stop` or `reboot`]. */
  end: 1,
} as const;

/** What RESULT tells. */
export const resultKinds = {
  /** Every op was done; after a start the container runs and `value` is init's pid. */
  ok: 0,
  /** An op failed (`list`, `index`, `errno`, `detail`); the inverses were run. */
  failed: 1,
  /** The foreground container or the attached command ended; `value` is the wait status. */
  exited: 2,
} as const;

export const lists = { parent: 0, child: 1, undo: 2, settings: 3 } as const;

/** Flags of an op on the wire. */
export const opFlags = { optional: 1 } as const;

/**
 * Flags of a RUN. `last`: where it succeeds the brain has nothing to add, so the client ends, or goes on as the
 * monitor, as soon as it has said RESULT. `trace`: a TRACE comes before RESULT.
 */
export const runFlags = { last: 1, trace: 2 } as const;

/** What TRACE begins with, in nanoseconds. Moments are of CLOCK_MONOTONIC. */
export const traceMoments = {
  /** Processor time of the client before its first own act: the kernel's work of running it. */
  execCost: 0,
  began: 1,
  /** HELLO is about to be said. */
  said: 2,
  /** RUN is there. */
  run: 3,
  /** The parent list is through, and what it waits for was seen. */
  done: 4,
} as const;

/** What the process does when the parent list is through. `undo`: it runs all inverses, and what fails stays in the record. */
export const afterRun = { return: 0, monitor: 1, attached: 2, undo: 3 } as const;

/** The exit status of a foreground process that ends on its own: 0, or that of the container's command. */
export const exitRules = { zero: 0, status: 1 } as const;

/**
 * What SPAWN does with the program's streams; with `become` the client itself goes on as the program, with `beside` it
 * goes on obeying while the program runs, whose standard input is empty.
 */
export const spawnStdio = { inherit: 0, capture: 1, become: 2, beside: 3 } as const;

/**
 * The write-ahead record of a container, file `NAME.record` of the run directory: the 8 bytes `LXCTSR1\n`, then
 * entries of `u32 length, u32 tag, payload`, each appended by one write(2).
 */
export const recordTags = {
  /** The brain's JSON: expanded config, request, environment. */
  head: 1,
  /** One inverse (an op's bytes), appended before the op that it reverses runs. */
  undo: 2,
  /** `u32 pid, u32 0, u64 start time` of init, appended once it is cloned. */
  init: 3,
  /** The same of the monitor. */
  monitor: 4,
  /** The container reached RUNNING. */
  running: 5,
  /** It left that state at least once, appended before: from here on only the monitor tells the state. */
  unsettled: 6,
} as const;

export const recordMagic = 'LXCTSR1\n';

/** Of its file; before it stands the name of the container. */
export const recordEnding = '.record';

/** Of the u32 fields that HELLO begins with. */
export const helloHeadBytes = 40;

/** Begins a kept answer, `replay/KEY` in the run directory. */
export const replayMagic = 'LXCTSA2\n';

/** Begins answers that hold for more than one name, `patterns/KEY` in the run directory. */
export const patternMagic = 'LXCTSP1\n';
