/** CPU time that a subject has used, in clock ticks, from the accounting of v1 or v2. */

import { type Group, type Inquiry, nearest, own } from './inquiry.ts';
import { ticksOf } from './numbers.ts';

export interface UsageInputs {
  /** v1, since 4.20: time of each CPU in user and system mode. */
  readonly usageAll: string | undefined;
  /** v1 before: each CPU's time in one number. */
  readonly usagePercpu: string | undefined;
  /** v2: times of all CPUs together. */
  readonly cpuStat: string | undefined;
}

export interface Time {
  readonly user: number;
  readonly system: number;
}

export interface Usage extends Time {
  /** By the kernel's number; `undefined` where it counts all CPUs together. */
  readonly perCpu: readonly Time[] | undefined;
}

export function collectUsage(inquiry: Inquiry): UsageInputs {
  const cpuacct = counted(inquiry, 'cpuacct');
  const usageAll = own(inquiry, cpuacct, 'cpuacct.usage_all');
  const usagePercpu = usageAll === undefined ? own(inquiry, cpuacct, 'cpuacct.usage_percpu') : undefined;
  // Every v2 cgroup counts its CPU time, with the cpu controller or without.
  const missing = usageAll === undefined && usagePercpu === undefined;
  const cpuStat = missing ? nearest(inquiry, counted(inquiry, ''), 'cpu.stat') : undefined;
  return { usageAll, usagePercpu, cpuStat };
}

/** A container in the root of a hierarchy is not counted there: that would be the time of the whole host. */
function counted(inquiry: Inquiry, controller: string): Group | undefined {
  const group = inquiry.group(controller);
  return group?.path === '/' && !inquiry.host ? undefined : group;
}

export function usageOf({ usageAll, usagePercpu, cpuStat }: UsageInputs): Usage {
  if (usageAll !== undefined) return total(parseUsageAll(usageAll));
  if (usagePercpu !== undefined) return total(parseUsagePercpu(usagePercpu));
  return { ...parseCpuStat(cpuStat ?? ''), perCpu: undefined };
}

function total(perCpu: readonly Time[]): Usage {
  const user = perCpu.reduce((sum, time) => sum + (time?.user ?? 0), 0);
  const system = perCpu.reduce((sum, time) => sum + (time?.system ?? 0), 0);
  return { user, system, perCpu };
}

/** `cpu user system`, then `N USER SYSTEM` in nanoseconds. */
function parseUsageAll(text: string): readonly Time[] {
  const times: Time[] = [];
  for (const line of text.split('\n').slice(1)) {
    const [cpu, user, system] = line.split(' ');
    if (user === undefined || system === undefined) continue;
    times[Number(cpu)] = { user: ticksOf(user, 7), system: ticksOf(system, 7) };
  }
  return Array.from(times, (time) => time ?? { user: 0, system: 0 });
}

function parseUsagePercpu(text: string): readonly Time[] {
  const numbers = text.trim().split(' ');
  return numbers.map((number) => ({ user: ticksOf(number, 7), system: 0 }));
}

function parseCpuStat(text: string): Time {
  const ticks = (name: string) => ticksOf(new RegExp(`^${name} (\\d+)$`, 'm').exec(text)?.[1] ?? '', 4);
  const [all, user, system] = [ticks('usage_usec'), ticks('user_usec'), ticks('system_usec')];
  return user + system > 0 ? { user, system } : { user: all, system: 0 };
}
