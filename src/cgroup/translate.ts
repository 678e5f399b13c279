/**
 * The names and values of cgroup v1 files next to those of v2. Where a row stands here, `lxc.cgroup.*` works
 * on a v2 host and `lxc.cgroup2.*` on a v1 host; where none stands, there is no faithful equivalent.
 */

import { LxcError } from '../base/error.ts';

export interface Setting {
  readonly file: string;
  readonly text: string;
}

/** The value of another file of the same generation as the value at hand. */
export type Sibling = (file: string) => string | undefined;

type Convert = (text: string, sibling: Sibling) => string | undefined;

interface Row {
  readonly v1: string;
  readonly v2: string;
  readonly toV2: Convert;
  /** `undefined`: this part of the value says nothing. */
  readonly toV1: Convert;
}

type Values = Pick<Row, 'toV1' | 'toV2'>;

const same: Values = { toV1: (text) => text, toV2: (text) => text };

/** Bytes or counts: v1 says -1 (and shows a number near 2^63) where v2 says `max`. */
const amount: Values = {
  toV1: (text) => (text.trim() === 'max' ? '-1' : text),
  toV2: (text) => (isUnlimited(text) ? 'max' : text),
};

const state: Values = {
  toV1: (text) => (text.trim() === '1' ? 'FROZEN' : 'THAWED'),
  toV2: (text) => (text.trim() === 'FROZEN' ? '1' : '0'),
};

/** The kernel's own scale: a weight of 100 is 1024 shares. */
const cpuWeight: Values = {
  toV1: (text) => `${Math.max(2, Math.round((number(text) * 1024) / 100))}`,
  toV2: (text) => `${clamp(Math.round((number(text) * 100) / 1024), 1, 10_000)}`,
};

/** 10 to 1000 in v1, 1 to 10000 in v2, where the word `default` may stand in front. */
const ioWeight: Values = {
  toV1: (text) => {
    const weight = /^(?:default[ \t]+)?([0-9]+)$/.exec(text.trim())?.[1];
    return weight === undefined ? undefined : `${10 + Math.floor(((Number(weight) - 1) * 990) / 9_999)}`;
  },
  toV2: (text) => `${weightOf(number(text))}`,
};

const ioDeviceWeight: Values = {
  toV1: (text) => {
    const [, device, weight] = /^([0-9]+:[0-9]+)[ \t]+([0-9]+)$/.exec(text.trim()) ?? [];
    return weight === undefined
      ? undefined
      : `${device} ${10 + Math.floor(((Number(weight) - 1) * 990) / 9_999)}`;
  },
  toV2: (text) => {
    const [device = '', weight = ''] = text.trim().split(/[ \t]+/);
    return `${device} ${weightOf(number(weight))}`;
  },
};

function weightOf(weight: number): number {
  return 1 + Math.floor(((clamp(weight, 10, 1000) - 10) * 9_999) / 990);
}

/** `8:0 1048576` in v1 is one of the words of `8:0 rbps=1048576 wiops=max` in v2. */
function throttle(word: string): Values {
  return {
    toV1: (text) => {
      const [device = '', ...limits] = text.trim().split(/[ \t]+/);
      const value = limits.find((one) => one.startsWith(`${word}=`))?.slice(word.length + 1);
      return value === undefined ? undefined : `${device} ${value === 'max' ? '0' : value}`;
    },
    toV2: (text) => {
      const [device = '', value = ''] = text.trim().split(/[ \t]+/);
      return `${device} ${word}=${value === '0' ? 'max' : value}`;
    },
  };
}

const defaultPeriod = '100000';

const quota: Values = {
  toV1: (text) =>
    (text.trim().split(/[ \t]+/)[0] ?? 'max') === 'max' ? '-1' : text.trim().split(/[ \t]+/)[0],
  toV2: (text, sibling) =>
    `${isUnlimited(text) ? 'max' : text.trim()} ${sibling('cpu.cfs_period_us') ?? defaultPeriod}`,
};

const period: Values = {
  toV1: (text) => text.trim().split(/[ \t]+/)[1] ?? defaultPeriod,
  toV2: (text, sibling) => {
    const limit = sibling('cpu.cfs_quota_us') ?? '-1';
    return `${isUnlimited(limit) ? 'max' : limit.trim()} ${text.trim()}`;
  },
};

/** v1 limits memory and swap together, v2 swap alone. */
const swap: Values = {
  toV1: (text, sibling) => {
    if (text.trim() === 'max') return '-1';
    return `${bytes(text) + bytes(memory(sibling, 'memory.max', 'memory.swap.max'))}`;
  },
  toV2: (text, sibling) => {
    if (isUnlimited(text)) return 'max';
    const limit = bytes(memory(sibling, 'memory.limit_in_bytes', 'memory.memsw.limit_in_bytes'));
    if (bytes(text) >= limit) return `${bytes(text) - limit}`;
    throw new LxcError(`${text} is less than memory.limit_in_bytes`, {
      hint: 'it limits memory and swap together',
    });
  },
};

function memory(sibling: Sibling, file: string, asked: string): string {
  const limit = sibling(file);
  if (limit !== undefined && !isUnlimited(limit) && limit.trim() !== 'max') return limit;
  throw new LxcError(`${asked} can be translated only next to a limit in ${file}`, {
    hint: `set ${file} too`,
  });
}

function row(v1: string, v2: string, values: Values): Row {
  return { v1, v2, ...values };
}

const rows: readonly Row[] = [
  row('memory.limit_in_bytes', 'memory.max', amount),
  row('memory.memsw.limit_in_bytes', 'memory.swap.max', swap),
  row('memory.soft_limit_in_bytes', 'memory.low', amount),
  row('memory.usage_in_bytes', 'memory.current', same),
  row('cpu.shares', 'cpu.weight', cpuWeight),
  row('cpu.cfs_period_us', 'cpu.max', period),
  row('cpu.cfs_quota_us', 'cpu.max', quota),
  row('cpuset.cpus', 'cpuset.cpus', same),
  row('cpuset.mems', 'cpuset.mems', same),
  row('cpuset.effective_cpus', 'cpuset.cpus.effective', same),
  row('cpuset.effective_mems', 'cpuset.mems.effective', same),
  row('pids.max', 'pids.max', same),
  row('pids.current', 'pids.current', same),
  row('blkio.weight', 'io.weight', ioWeight),
  row('blkio.bfq.weight', 'io.bfq.weight', same),
  row('blkio.weight_device', 'io.weight', ioDeviceWeight),
  row('blkio.throttle.read_bps_device', 'io.max', throttle('rbps')),
  row('blkio.throttle.write_bps_device', 'io.max', throttle('wbps')),
  row('blkio.throttle.read_iops_device', 'io.max', throttle('riops')),
  row('blkio.throttle.write_iops_device', 'io.max', throttle('wiops')),
  row('freezer.state', 'cgroup.freeze', state),
];

/** Page sizes give these names, so they are a pattern: `hugetlb.2MB.limit_in_bytes`, `hugetlb.2MB.max`. */
function hugeRows(file: string): readonly Row[] {
  const size = /^hugetlb\.([0-9]+[KMG]B)\.(?:limit_in_bytes|max)$/.exec(file)?.[1];
  return size === undefined ? [] : [row(`hugetlb.${size}.limit_in_bytes`, `hugetlb.${size}.max`, amount)];
}

/** Rows for a file of `version`; a v2 file may stand in several. */
export function rowsFor(version: 1 | 2, file: string): readonly Row[] {
  const column = version === 1 ? 'v1' : 'v2';
  return [...rows, ...hugeRows(file)].filter((one) => one[column] === file);
}

/** What a file of generation `from` becomes in the other; empty: there is no equivalent. */
export function translate(from: 1 | 2, file: string, text: string, sibling: Sibling): readonly Setting[] {
  return rowsFor(from, file).flatMap((one) => {
    const value = from === 1 ? one.toV2(text, sibling) : one.toV1(text, sibling);
    return value === undefined ? [] : [{ file: from === 1 ? one.v2 : one.v1, text: value }];
  });
}

function isUnlimited(text: string): boolean {
  const value = text.trim();
  return (
    value.startsWith('-') ||
    value === 'max' ||
    (/^[0-9]{19,}$/.test(value) && BigInt(value) >= 2n ** 63n - 65_536n)
  );
}

function number(text: string): number {
  if (/^[0-9]+$/.test(text.trim())) return Number(text);
  throw new LxcError(`"${text}" is not a whole number`);
}

function clamp(value: number, low: number, high: number): number {
  return Math.min(high, Math.max(low, value));
}

const units: Readonly<Record<string, bigint>> = {
  '': 1n,
  k: 1n << 10n,
  m: 1n << 20n,
  g: 1n << 30n,
  t: 1n << 40n,
};

/** As the kernel's memparse reads it. */
export function bytes(text: string): bigint {
  const [, digits, unit = ''] = /^([0-9]+)([kmgt]?)b?$/i.exec(text.trim()) ?? [];
  const factor = units[unit.toLowerCase()];
  if (digits === undefined || factor === undefined) throw new LxcError(`"${text}" is not a number of bytes`);
  return BigInt(digits) * factor;
}
