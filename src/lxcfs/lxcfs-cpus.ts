/** CPUs, /proc/cpuinfo and the list of online CPUs by the rules of LXCFS. */

import { parseCpus } from './cpulist.ts';
import { parseQuota, quotaText } from './cpus.ts';
import { type Inquiry, levelsOf } from './inquiry.ts';
import { smallest } from './numbers.ts';

export interface LxcfsCpus {
  /** As the cgroup file has it. */
  readonly text: string;
  readonly set: readonly number[];
  /** How many are shown with --enable-cfs. */
  readonly most: number;
  readonly quota: number | undefined;
}

/** `undefined` where the cpuset cannot be read: LXCFS shows empty files. */
export function lxcfsCpus(inquiry: Inquiry): LxcfsCpus | undefined {
  const text = cpusetText(inquiry);
  if (text === undefined) return undefined;
  const set = parseCpus(text);
  const quota = inquiry.profile.cfs ? quotaOf(inquiry) : undefined;
  const online = parseCpus(inquiry.source.text('/sys/devices/system/cpu/online') ?? '').length;
  const most =
    quota === undefined ? set.length : Math.min(set.length, Math.ceil(quota), online || set.length);
  return { text, set, most, quota };
}

/** The own directory must be there; then the first file that is not empty counts, upwards. */
function cpusetText(inquiry: Inquiry): string | undefined {
  const [own = '', ...above] = inquiry.group('cpuset')?.levels ?? [];
  const read = (directory: string) => {
    const files = ['cpuset.cpus', 'cpuset.cpus.effective'];
    return files.map((file) => inquiry.source.text(`${directory}/${file}`));
  };
  const mine = read(own);
  if (mine.every((text) => text === undefined)) return undefined;
  const texts = [...mine, ...above.flatMap(read)];
  return texts.map((text) => text?.trim() ?? '').find((text) => text !== '');
}

/** 5.0.3 looks at the cgroup itself only, and at the path that it has in the cpuset hierarchy. */
function quotaOf(inquiry: Inquiry): number | undefined {
  const group = inquiry.group('cpu');
  if (group === undefined) return undefined;
  if (inquiry.profile.rules !== '5.0.3')
    return smallest(group.levels.map((_, level) => parseQuota(quotaText(inquiry, group, level) ?? '')));
  const path = inquiry.group('cpuset')?.path ?? group.path;
  const elsewhere = { ...group, path, levels: levelsOf(group.mount, path) };
  return parseQuota(quotaText(inquiry, elsewhere, 0) ?? '');
}

export function renderLxcfsOnline(inquiry: Inquiry): string {
  const cpus = lxcfsCpus(inquiry);
  if (cpus === undefined) return '';
  if (!inquiry.profile.cfs) return `${cpus.text}\n`;
  return cpus.most === 1 ? '0\n' : `0-${cpus.most - 1}\n`;
}

/** Stanzas of the cpuset's CPUs with new numbers; lines after the last one that counts are lost. */
export function renderLxcfsCpuinfo(inquiry: Inquiry): string {
  const cpus = lxcfsCpus(inquiry);
  if (cpus === undefined) return '';
  const shown = new Set(cpus.set);
  const most = inquiry.profile.cfs ? cpus.most : Number.POSITIVE_INFINITY;
  const kept: string[] = [];
  let [count, keeps] = [0, false];
  for (const line of (inquiry.source.text('/proc/cpuinfo') ?? '').split(/(?<=\n)/)) {
    const number = /^processor[^:]*:\s*(\d+)/.exec(line)?.[1];
    if (number !== undefined) {
      keeps = shown.has(Number(number));
      if (keeps && count === most) break;
      if (keeps) kept.push(`processor\t: ${count++}\n`);
    } else if (keeps) kept.push(line);
  }
  return kept.join('');
}
