/** Which CPUs a subject sees by our rules: those of its cpuset that are online, and no more than its quota pays for. */

import { parseCpus } from './cpulist.ts';
import { type Group, type Inquiry, nearest, pathsOf } from './inquiry.ts';
import { smallest } from './numbers.ts';

export interface CpuInputs {
  /** /sys/devices/system/cpu/online of the host. */
  readonly online: string;
  readonly cpuset: string | undefined;
  /** `QUOTA PERIOD` in microseconds of each level that has a quota; QUOTA is `max` or negative for none. */
  readonly quotas: readonly string[];
}

export interface Cpus {
  /** Numbers as the kernel has them, as sched_getaffinity(2) says them inside. */
  readonly visible: readonly number[];
  /** CPUs of the cpuset that the quota hides. */
  readonly hidden: readonly number[];
  /** How many CPUs' worth of time passes per second: the quota, at most the visible ones. */
  readonly capacity: number;
}

export function collectCpus(inquiry: Inquiry): CpuInputs {
  return {
    online: inquiry.source.text('/sys/devices/system/cpu/online') ?? '',
    cpuset: cpusetText(inquiry, inquiry.group('cpuset')),
    quotas: inquiry.profile.cfs ? quotaTexts(inquiry, inquiry.group('cpu')) : [],
  };
}

/** The effective set is what the kernel grants; without the controller, the nearest cgroup that has one counts. */
function cpusetText(inquiry: Inquiry, group: Group | undefined): string | undefined {
  if (group === undefined) return undefined;
  if (group.version === 2) return nearest(inquiry, group, 'cpuset.cpus.effective');
  return nearest(inquiry, group, 'cpuset.effective_cpus') ?? nearest(inquiry, group, 'cpuset.cpus');
}

function quotaTexts(inquiry: Inquiry, group: Group | undefined): readonly string[] {
  return (group?.levels ?? []).flatMap((_, level) => quotaText(inquiry, group, level) ?? []);
}

/** The quota of one level in the form of v2. */
export function quotaText({ source }: Inquiry, group: Group | undefined, level: number): string | undefined {
  if (group === undefined) return undefined;
  const read = (file: string) => source.text(pathsOf(group, file)[level] ?? '')?.trim();
  if (group.version === 2) return read('cpu.max');
  const quota = read('cpu.cfs_quota_us');
  if (quota === undefined || quota.startsWith('-')) return undefined;
  const period = read('cpu.cfs_period_us');
  return period === undefined ? undefined : `${quota} ${period}`;
}

/** In CPUs; `undefined` for none. */
export function parseQuota(text: string): number | undefined {
  const [quota, period] = text.split(' ').map(Number);
  if (quota === undefined || period === undefined) return undefined;
  return quota > 0 && period > 0 ? quota / period : undefined;
}

export function cpusOf({ online, cpuset, quotas }: CpuInputs): Cpus {
  const up = parseCpus(online);
  const granted = cpuset === undefined ? up : parseCpus(cpuset);
  const running = new Set(up);
  const both = up.length === 0 ? granted : granted.filter((cpu) => running.has(cpu));
  const set = both.length > 0 ? both : up.length > 0 ? up : [0];
  const quota = smallest(quotas.map(parseQuota)) ?? set.length;
  const visible = set.slice(0, Math.max(1, Math.ceil(quota)));
  return { visible, hidden: set.slice(visible.length), capacity: Math.min(quota, visible.length) };
}
