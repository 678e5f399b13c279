/** Resource limits, clock offsets, device rules, and the name patterns of the families they belong to. */

import { bad } from '../codec.ts';
import type { Codec } from '../row.ts';

export type Limit = bigint | 'unlimited';

export interface ResourceLimit {
  readonly soft: Limit;
  readonly hard: Limit;
}

export const resourceNames = [
  'as',
  'core',
  'cpu',
  'data',
  'fsize',
  'locks',
  'memlock',
  'msgqueue',
  'nice',
  'nofile',
  'nproc',
  'rss',
  'rtprio',
  'rttime',
  'sigpending',
  'stack',
] as const;

/** `SOFT[:HARD]`; one value sets both. */
export const resourceLimit: Codec<ResourceLimit> = {
  form: 'SOFT[:HARD]',
  parse(value) {
    const [soft = '', hard = soft, ...rest] = value.split(':');
    if (rest.length > 0) throw bad('it has more than two parts');
    const limits = { soft: limit(soft.trim()), hard: limit(hard.trim()) };
    if (isAbove(limits.soft, limits.hard)) throw bad('the soft limit is above the hard limit');
    return limits;
  },
  show: ({ soft, hard }) => (soft === hard ? `${soft}` : `${soft}:${hard}`),
};

// The largest number is how the kernel writes "unlimited".
const infinity = 2n ** 64n - 1n;

function limit(value: string): Limit {
  const number = /^[0-9]{1,20}$/.test(value) ? BigInt(value) : undefined;
  if (value === 'unlimited' || number === infinity) return 'unlimited';
  if (number === undefined || number > infinity) throw bad(`"${value}" is neither a number nor "unlimited"`);
  return number;
}

function isAbove(soft: Limit, hard: Limit): boolean {
  return hard !== 'unlimited' && (soft === 'unlimited' || soft > hard);
}

/** Seconds and nanoseconds, the latter from 0 to 999999999. */
export interface TimeOffset {
  readonly seconds: number;
  readonly nanoseconds: number;
}

const billion = 1_000_000_000n;
const nanosecondsPer: ReadonlyMap<string, bigint> = new Map([
  ['h', 3600n * billion],
  ['m', 60n * billion],
  ['s', billion],
  ['ms', 1_000_000n],
  ['us', 1000n],
  ['ns', 1n],
]);

export const timeOffset: Codec<TimeOffset> = {
  form: 'NUMBER[h|m|s|ms|us|ns]',
  parse(value) {
    const match = /^([+-]?[0-9]{1,18})(h|m|s|ms|us|ns)$/.exec(value);
    const unit = nanosecondsPer.get(match?.[2] ?? '');
    if (match === null || unit === undefined) throw bad('it is not a number with one of h, m, s, ms, us, ns');
    const total = BigInt(match[1] ?? '') * unit;
    const nanoseconds = ((total % billion) + billion) % billion;
    const seconds = Number((total - nanoseconds) / billion);
    if (!Number.isSafeInteger(seconds)) throw bad('it is too large');
    return { seconds, nanoseconds: Number(nanoseconds) };
  },
  show: ({ seconds, nanoseconds }) =>
    nanoseconds === 0 ? `${seconds}s` : `${BigInt(seconds) * billion + BigInt(nanoseconds)}ns`,
};

/** `devices.allow` and `devices.deny` of either cgroup version. */
export type DeviceRule =
  | { readonly kind: 'all' }
  | {
      readonly kind: 'node';
      readonly type: 'b' | 'c';
      readonly major: number | '*';
      readonly minor: number | '*';
      readonly access: string;
    }
  | { readonly kind: 'path'; readonly path: string; readonly access: string };

const deviceForms = 'the forms are "a", "c 1:3 rwm", "b *:* m" and "/dev/NAME rw"';

export function parseDeviceRule(value: string): DeviceRule {
  const node = /^([abc])[ \t]+([0-9]{1,10}|\*):([0-9]{1,10}|\*)[ \t]+([rwm]{1,3})$/.exec(value);
  if (node !== null) return nodeRule(node);
  if (value === 'a') return { kind: 'all' };
  const path = /^(\/[^ \t]+)(?:[ \t]+([rwm]{1,3}))?$/.exec(value);
  if (path === null) throw bad('it is not a device rule', deviceForms);
  return { kind: 'path', path: path[1] ?? '', access: path[2] ?? 'rwm' };
}

// The kernel reads no numbers behind `a`: with or without them the rule is for every device.
function nodeRule(match: RegExpExecArray): DeviceRule {
  const [, type, major = '*', minor = '*', access = ''] = match;
  if (type !== 'b' && type !== 'c') return { kind: 'all' };
  return { kind: 'node', type, major: deviceNumber(major), minor: deviceNumber(minor), access };
}

function deviceNumber(value: string): number | '*' {
  if (value === '*') return value;
  const number = Number(value);
  if (number > 0xffff_ffff) throw bad(`"${value}" is too large for a device number`);
  return number;
}

// `dir`, `dir.…` and `relative` are settings of LXC under the same prefix, not files of a cgroup.
export const cgroupFile = /^(?!dir(?:\.|$)|relative$)[A-Za-z][\w-]*(?:\.[\w-]+)*$/;
export const cgroup2File = /^[A-Za-z][\w-]*(?:\.[\w-]+)*$/;
/** Dots become slashes below /proc/sys or /proc/PID; a name never leads out of there. */
export const sysctlName = /^[\w:@+-]+(?:[./][\w:@+-]+)*$/;
