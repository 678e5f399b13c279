/** Identities, capabilities, namespaces. */

import { bad, pick, splitBlank, wholeNumber, words } from '../codec.ts';
import { nearest } from '../nearest.ts';
import type { Codec } from '../row.ts';

/** In the order of their numbers. */
export const capabilityNames = [
  'chown',
  'dac_override',
  'dac_read_search',
  'fowner',
  'fsetid',
  'kill',
  'setgid',
  'setuid',
  'setpcap',
  'linux_immutable',
  'net_bind_service',
  'net_broadcast',
  'net_admin',
  'net_raw',
  'ipc_lock',
  'ipc_owner',
  'sys_module',
  'sys_rawio',
  'sys_chroot',
  'sys_ptrace',
  'sys_pacct',
  'sys_admin',
  'sys_boot',
  'sys_nice',
  'sys_resource',
  'sys_time',
  'sys_tty_config',
  'mknod',
  'lease',
  'audit_write',
  'audit_control',
  'setfcap',
  'mac_override',
  'mac_admin',
  'syslog',
  'wake_alarm',
  'block_suspend',
  'audit_read',
  'perfmon',
  'bpf',
  'checkpoint_restore',
] as const;

const capabilityNumbers: ReadonlyMap<string, number> = new Map(
  capabilityNames.map((name, number) => [name, number]),
);

export interface Capability {
  readonly name: string;
  readonly number: number;
}

export const capabilities: Codec<readonly Capability[]> = words('CAPABILITY...', capability);

/** `none` forgets what was listed before it, so that alone it keeps nothing. */
export const keptCapabilities: Codec<readonly Capability[]> = {
  ...capabilities,
  form: 'CAPABILITY...|none',
  parse: (value) => afterNone(splitBlank(value)).map(capability),
};

export function afterNone(names: readonly string[]): readonly string[] {
  return names.slice(names.lastIndexOf('none') + 1);
}

function capability(word: string): Capability {
  const number = capabilityNumbers.get(word);
  if (number !== undefined) return { name: word, number };
  const digits = wholeNumber(word);
  if (digits !== undefined && digits >= 0n && digits < 64n) return numbered(Number(digits));
  const plain = word.toLowerCase().replace(/^cap_/, '');
  const near = nearest(plain, capabilityNames);
  throw bad(
    `"${word}" is not a capability`,
    near === undefined ? 'capabilities are written in lower case without CAP_' : `did you mean "${near}"?`,
  );
}

function numbered(number: number): Capability {
  return { name: capabilityNames[number] ?? `${number}`, number };
}

export interface IdMap {
  readonly type: 'u' | 'g';
  /** The first id inside, the first id outside, and how many. */
  readonly inside: number;
  readonly outside: number;
  readonly range: number;
}

export const idMap: Codec<IdMap> = {
  form: 'u|g INSIDE OUTSIDE RANGE',
  parse(value) {
    const [type = '', inside = '', outside = '', range = '', ...rest] = splitBlank(value);
    if (range === '' || rest.length > 0) {
      throw bad(
        'it does not have four fields',
        'the form is: u or g, first id inside, first id outside, count',
      );
    }
    const map = { inside: id(inside), outside: id(outside), range: id(range) };
    if (map.range === 0) throw bad('its range is empty');
    return { type: pick(type, ['u', 'g']), ...map };
  },
  show: ({ type, inside, outside, range }) => `${type} ${inside} ${outside} ${range}`,
};

function id(value: string): number {
  const number = wholeNumber(value);
  if (number === undefined || number < 0n || number > 0xffff_ffffn) throw bad(`"${value}" is not an id`);
  return Number(number);
}

/** In the order in which LXC lists them. */
export const namespaceNames = ['user', 'mnt', 'pid', 'uts', 'ipc', 'net', 'cgroup', 'time'] as const;
export type NamespaceName = (typeof namespaceNames)[number];

export const namespaces: Codec<readonly NamespaceName[]> = {
  ...words('NAMESPACE...', namespaceName),
  show: (listed) => namespaceNames.filter((name) => listed.includes(name)).join('\n'),
};

export function namespaceName(word: string): NamespaceName {
  return word === 'mount' ? 'mnt' : pick(word, namespaceNames);
}

/** Supplementary groups, with commas between them. */
export const groupIds: Codec<readonly number[]> = {
  form: 'GID,...',
  parse: (value) => value.split(',').map((word) => id(word.trim())),
  show: (ids) => ids.join(','),
};
