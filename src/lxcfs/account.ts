/**
 * The CPU account of a container: user, system and idle time of each visible CPU as /proc/stat and /proc/uptime show
 * them. The kernel tells what was used; what was idle is what could have been used and was not. An account goes
 * from one read to the next, so that no counter ever runs backwards, also when quota or cpuset change.
 */

import type { Cpus } from './cpus.ts';
import type { Time, Usage } from './usage.ts';

export interface Cell {
  readonly user: number;
  readonly system: number;
  readonly idle: number;
}

export interface Account {
  /** Age of the container at the last read, in ticks. */
  readonly age: number;
  /** What the kernel had counted at the last read; of each CPU where it does. */
  readonly seen: readonly Time[];
  /** Time that could have been used less time that was: below what is shown while use runs ahead of it. */
  readonly spare: number;
  /** By the kernel's number of the CPU; 0 where none is shown. */
  readonly cells: Readonly<Record<number, Cell>>;
}

export const emptyAccount: Account = { age: 0, seen: [], spare: 0, cells: {} };
const emptyCell: Cell = { user: 0, system: 0, idle: 0 };

export function advance(account: Account, usage: Usage, cpus: Cpus, age: number): Account {
  const passed = Math.max(0, age - account.age);
  const now = usage.perCpu ?? [{ user: usage.user, system: usage.system }];
  const grown = growth(account.seen, now);
  const cells = moveHidden(account.cells, cpus.visible);
  const shares = share(grown, usage.perCpu !== undefined, cells, cpus.visible);
  const used = grown.reduce((sum, { user, system }) => sum + user + system, 0);
  const spare = account.spare + passed * cpus.capacity - used;
  const idle = Object.values(cells).reduce((sum, cell) => sum + cell.idle, 0);
  const gains = spread(Math.max(0, Math.floor(spare) - idle), idleWeights(shares, passed));
  return {
    age: Math.max(age, account.age),
    seen: highest(account.seen, now),
    // A container older than its limits, or one that ran elsewhere before: the past is not owed.
    spare: Math.max(spare, account.seen.length === 0 ? 0 : -longestDebt),
    cells: Object.fromEntries(
      cpus.visible.map((cpu, index) => [cpu, add(cells[cpu], shares[index], gains[index])]),
    ),
  };
}

/** Use may run ahead of the account by accounting skew, not by more: 2 s. */
const longestDebt = 200;

function add(cell: Cell = emptyCell, time: Time = emptyCell, idle = 0): Cell {
  return { user: cell.user + time.user, system: cell.system + time.system, idle: cell.idle + idle };
}

function growth(seen: readonly Time[], now: readonly Time[]): readonly Time[] {
  return now.map(({ user, system }, index) => ({
    user: Math.max(0, user - (seen[index]?.user ?? 0)),
    system: Math.max(0, system - (seen[index]?.system ?? 0)),
  }));
}

function highest(seen: readonly Time[], now: readonly Time[]): readonly Time[] {
  return now.map(({ user, system }, index) => ({
    user: Math.max(user, seen[index]?.user ?? 0),
    system: Math.max(system, seen[index]?.system ?? 0),
  }));
}

/** What each visible CPU is said to have done: its own time, and an equal part of that of CPUs not shown. */
function share(
  grown: readonly Time[],
  perCpu: boolean,
  cells: Account['cells'],
  visible: readonly number[],
): readonly Time[] {
  const shown = new Set(perCpu ? visible : []);
  const others = grown.filter((_, cpu) => !shown.has(cpu));
  const part = (field: 'user' | 'system') =>
    even(
      others.reduce((sum, time) => sum + time[field], 0),
      visible.map((cpu) => cells[cpu]?.[field] ?? 0),
    );
  const [user, system] = [part('user'), part('system')];
  return visible.map((cpu, index) => ({
    user: (user[index] ?? 0) + (perCpu ? (grown[cpu]?.user ?? 0) : 0),
    system: (system[index] ?? 0) + (perCpu ? (grown[cpu]?.system ?? 0) : 0),
  }));
}

/** A whole number in equal parts; what does not divide goes to those who have least. */
function even(amount: number, has: readonly number[]): readonly number[] {
  const part = Math.floor(amount / has.length);
  const rest = amount - part * has.length;
  const order = has.map((_, index) => index).sort((left, right) => (has[left] ?? 0) - (has[right] ?? 0));
  const favoured = new Set(order.slice(0, rest));
  return has.map((_, index) => part + (favoured.has(index) ? 1 : 0));
}

/** A CPU was idle as long as it did nothing; all alike when they were busy the whole time. */
function idleWeights(shares: readonly Time[], passed: number): readonly number[] {
  const weights = shares.map(({ user, system }) => Math.max(0, passed - user - system));
  return weights.some((weight) => weight > 0) ? weights : shares.map(() => 1);
}

/** A whole number in whole parts by weight, nothing lost. */
export function spread(amount: number, weights: readonly number[]): readonly number[] {
  const all = weights.reduce((sum, weight) => sum + weight, 0);
  if (all === 0) return weights.map(() => 0);
  let given = 0;
  let weighed = 0;
  return weights.map((weight) => {
    weighed += weight;
    const upTo = weighed === all ? amount : Math.floor((amount * weighed) / all);
    const part = upTo - given;
    given = upTo;
    return part;
  });
}

/** A CPU that is no longer shown leaves its time to the first one that is: the sum stays. */
function moveHidden(cells: Account['cells'], visible: readonly number[]): Account['cells'] {
  const shown = new Set(visible);
  const gone = Object.entries(cells).filter(([cpu]) => !shown.has(Number(cpu)));
  const [heir] = visible;
  if (gone.length === 0 || heir === undefined) return cells;
  const kept = Object.entries(cells).filter(([cpu]) => shown.has(Number(cpu)));
  const left = gone.reduce((sum, [, cell]) => add(sum, cell, cell.idle), emptyCell);
  return { ...Object.fromEntries(kept), [heir]: add(cells[heir], left, left.idle) };
}

export function totals({ cells }: Account): Cell {
  return Object.values(cells).reduce((sum, cell) => add(sum, cell, cell.idle), emptyCell);
}
