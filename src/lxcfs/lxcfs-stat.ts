/** /proc/stat and /proc/uptime by the rules of LXCFS. */

import { ageOf, collectAge, seconds } from './age.ts';
import { type Inquiry, own } from './inquiry.ts';
import { type CpuView, type Reading, viewNext } from './lxcfs-cpu-view.ts';
import { type LxcfsCpus, lxcfsCpus } from './lxcfs-cpus.ts';

export interface Rendered {
  readonly text: string;
  /** What the next read of this file needs to know. */
  readonly view: CpuView | undefined;
}

interface Parts {
  readonly inquiry: Inquiry;
  readonly cpus: LxcfsCpus;
  /** Numbers of a host line `cpuN`, by N. */
  readonly host: ReadonlyMap<number, readonly number[]>;
  readonly tail: string;
}

const gone: Rendered = { text: '', view: undefined };

export function renderLxcfsStat(inquiry: Inquiry, view: CpuView | undefined): Rendered {
  const cpus = lxcfsCpus(inquiry);
  const text = inquiry.source.text('/proc/stat');
  if (cpus === undefined || text === undefined) return gone;
  const parts: Parts = { inquiry, cpus, ...hostParts(text) };
  const usage = usageTicks(inquiry);
  if (usage === undefined) return { text: hostCpus(parts), view: undefined };
  return inquiry.profile.cfs ? limited(parts, usage, view) : { text: plain(parts, usage), view: undefined };
}

function hostParts(text: string): Pick<Parts, 'host' | 'tail'> {
  const lines = text.split('\n');
  const host = lines.flatMap((line): [number, number[]][] => {
    const match = /^cpu(\d+) (.*)$/.exec(line);
    return match === null ? [] : [[Number(match[1]), (match[2] ?? '').split(' ').map(Number)]];
  });
  return { host: new Map(host), tail: lines.filter((line) => !line.startsWith('cpu')).join('\n') };
}

interface Ticks {
  readonly user: number;
  readonly system: number;
}

/** The line's place counts, not its number. Without usage_all one number serves as user and as system time. */
function usageTicks(inquiry: Inquiry): readonly Ticks[] | undefined {
  const group = inquiry.group('cpuacct');
  const all = own(inquiry, group, 'cpuacct.usage_all');
  if (all !== undefined) {
    const rows = all.split('\n').slice(1, -1);
    return rows.map((row) => {
      const [, user = 0, system = 0] = row.split(' ').map(ticks);
      return { user, system };
    });
  }
  const each = own(inquiry, group, 'cpuacct.usage_percpu')?.trim().split(' ').map(ticks);
  return each?.map((time) => ({ user: time, system: time }));
}

function ticks(nanoseconds: string): number {
  return Math.trunc((Number(nanoseconds) / 1e9) * 100);
}

const columns = { user: 0, nice: 1, system: 2, idle: 3, last: 8 };

function idleOf(line: readonly number[], used: Ticks): number {
  const busy = line.slice(0, 10).reduce((sum, time) => sum + time, 0) - (line[columns.idle] ?? 0);
  return (line[columns.idle] ?? 0) + Math.max(0, busy - used.user - used.system);
}

function readings({ cpus, host }: Parts, usage: readonly Ticks[]): readonly Reading[] {
  return cpus.set.flatMap((cpu): readonly Reading[] => {
    const line = host.get(cpu);
    const used = usage[cpu] ?? { user: 0, system: 0 };
    return line === undefined ? [] : [{ cpu, ...used, idle: idleOf(line, used) }];
  });
}

function shown(name: string, { user, system, idle }: Omit<Reading, 'cpu'>): string {
  return `${name} ${user} 0 ${system} ${idle} 0 0 0 0 0 0\n`;
}

function plain(parts: Parts, usage: readonly Ticks[]): string {
  const rows = readings(parts, usage);
  const add = (field: 'user' | 'system' | 'idle') => rows.reduce((sum, row) => sum + row[field], 0);
  const all = { user: add('user'), system: add('system'), idle: add('idle') };
  return shown('cpu ', all) + rows.map((row) => shown(`cpu${row.cpu}`, row)).join('') + parts.tail;
}

function limited(parts: Parts, usage: readonly Ticks[], view: CpuView | undefined): Rendered {
  const { cpus, host, tail } = parts;
  const most = Math.min(cpus.most, host.size);
  const next = viewNext(view, readings(parts, usage), { count: host.size, most, quota: cpus.quota });
  const rows = next.shown.map((row, index) => shown(`cpu${index}`, row));
  return { text: shown('cpu ', next.total) + rows.join('') + tail, view: next.view };
}

/** Nothing counts the container's time (all of v2): the host's numbers of its CPUs. */
function hostCpus({ inquiry, cpus, host, tail }: Parts): string {
  const { cfs, rules } = inquiry.profile;
  const found = cpus.set.flatMap((cpu) => {
    const line = host.get(cpu);
    return line === undefined ? [] : [{ cpu, line }];
  });
  const kept = cfs && rules === '7.0' ? found.slice(0, cpus.most) : found;
  const all = Array.from({ length: 10 }, (_, column) =>
    kept.reduce((sum, { line }) => sum + (line[column] ?? 0), 0),
  );
  const rows = kept.map(({ cpu, line }, index) => `cpu${cfs ? index : cpu} ${line.join(' ')}\n`);
  return `cpu  ${all.join(' ')}\n${rows.join('')}${tail}`;
}

/** The second number takes the time of all CPUs from the age, and gives up when that is negative. */
export function renderLxcfsUptime(inquiry: Inquiry): string {
  const age = ageOf(collectAge(inquiry));
  const used = own(inquiry, inquiry.group('cpuacct'), 'cpuacct.usage');
  const left = age - Math.trunc(Number(used ?? 0) / 1e7);
  const idle = left >= 0 ? left : age;
  return `${seconds(age)} ${seconds(idle)}\n`;
}
