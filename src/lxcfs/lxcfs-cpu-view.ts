/**
 * The CPU view of LXCFS (--enable-cfs on v1): counters start at zero with the first read and take from then on what
 * was used, moved onto as many CPUs as the quota pays for. It goes from one read to the next.
 */

export interface Reading {
  readonly cpu: number;
  readonly user: number;
  readonly system: number;
  readonly idle: number;
}

type Times = Omit<Reading, 'cpu'>;

export interface CpuView {
  /** Counters at the last read, in the order of the cpuset. */
  readonly used: readonly Times[];
  /** What was shown, in the same order. */
  readonly shown: readonly Times[];
}

export interface CpuLimits {
  /** CPUs of the host. */
  readonly count: number;
  /** CPUs to show. */
  readonly most: number;
  readonly quota: number | undefined;
}

export interface Next {
  readonly view: CpuView;
  readonly shown: readonly Times[];
  readonly total: Times;
}

const none: Times = { user: 0, system: 0, idle: 0 };

export function viewNext(
  before: CpuView | undefined,
  now: readonly Reading[],
  { count, most, quota }: CpuLimits,
): Next {
  const known =
    before !== undefined && (now[0]?.user ?? 0) >= (before.used[0]?.user ?? 0) ? before : fresh(now);
  const grown = now.map((reading, index) => minus(reading, known.used[index] ?? none));
  const visible = pull(grown, most, threshold(grown, count, most));
  const shown = now.map((_, index) => plus(known.shown[index] ?? none, visible[index] ?? none));
  const rows = inherit(shown, most);
  const used = now.map(({ user, system, idle }, index) => highest({ user, system, idle }, known.used[index]));
  const delta = quota !== undefined && quota < most ? surplusIdle(visible, quota, most) : 0;
  const total = withoutIdle(sum(rows.slice(0, most)), delta);
  const kept = takeFromIdlest(rows, visible, delta);
  return { view: { used, shown: kept }, shown: kept.slice(0, most), total };
}

function fresh(now: readonly Reading[]): CpuView {
  return { used: now, shown: now.map(() => none) };
}

function minus(left: Times, right: Times): Times {
  return {
    user: Math.max(0, left.user - right.user),
    system: Math.max(0, left.system - right.system),
    idle: Math.max(0, left.idle - right.idle),
  };
}

function plus(left: Times, right: Times): Times {
  return {
    user: left.user + right.user,
    system: left.system + right.system,
    idle: left.idle + right.idle,
  };
}

function highest(now: Times, before: Times = none): Times {
  return {
    user: Math.max(now.user, before.user),
    system: Math.max(now.system, before.system),
    idle: Math.max(now.idle, before.idle),
  };
}

const sum = (all: readonly Times[]): Times => all.reduce(plus, none);

/** Room of one CPU: an even part of all time that went by, times the CPUs shown. */
function threshold(grown: readonly Times[], count: number, most: number): number {
  const { user, system, idle } = sum(grown);
  return count === 0 ? 0 : Math.trunc((user + system + idle) / count) * most;
}

/** The time of hidden CPUs goes where a visible one was idle. */
function pull(grown: readonly Times[], most: number, room: number): readonly Times[] {
  const surplus = sum(grown.slice(most));
  let { user: moreUser, system: moreSystem } = surplus;
  return grown.slice(0, most).map((times) => {
    const user = Math.max(0, Math.min(room - times.user - times.system, times.idle, moreUser));
    moreUser -= user;
    const busy = times.user + times.system + user;
    const system = Math.max(0, Math.min(room - busy, times.idle - user, moreSystem));
    moreSystem -= system;
    return {
      user: times.user + user,
      system: times.system + system,
      idle: times.idle - user - system,
    };
  });
}

/** Counters of CPUs that went out of sight are added to the last one in sight. */
function inherit(shown: readonly Times[], most: number): readonly Times[] {
  const lost = sum(shown.slice(most));
  return shown.map((times, index) => (index >= most ? none : index === most - 1 ? plus(times, lost) : times));
}

/** Idle time that the quota does not pay for. */
function surplusIdle(visible: readonly Times[], quota: number, most: number): number {
  const { user, system, idle } = sum(visible);
  return Math.trunc((user + system + idle) * (1 - quota / most));
}

/** The CPU that was idle longest since the last read gives up what the quota does not pay for. */
function takeFromIdlest(rows: readonly Times[], grown: readonly Times[], delta: number): readonly Times[] {
  const idlest = grown.reduce((best, { idle }, index) => (idle > (grown[best]?.idle ?? 0) ? index : best), 0);
  return rows.map((times, index) => (index === idlest ? withoutIdle(times, delta) : times));
}

function withoutIdle(times: Times, delta: number): Times {
  return { ...times, idle: Math.max(0, times.idle - delta) };
}
