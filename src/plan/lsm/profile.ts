/**
 * The text of a generated AppArmor profile (`lxc.apparmor.profile = generated`), from what the container has and what the
 * kernel mediates. A container may do everything that its namespaces keep inside, and nothing by which it would reach
 * the kernel's own settings, other processes, or /proc and /sys under another name.
 */

import { outside } from './outside.ts';

export interface ProfileWish {
  readonly name: string;
  /** A namespace of AppArmor for profiles that the container loads itself. */
  readonly namespace: string | undefined;
  readonly nesting: boolean;
  /** The container has ids of its own: the kernel trusts its root with little enough. */
  readonly mapped: boolean;
  /** Lines of `lxc.apparmor.raw`. */
  readonly raw: readonly string[];
}

export function profileText(wish: ProfileWish): string {
  const sections: readonly (readonly [title: string, rules: readonly string[]])[] = [
    [
      'What namespaces, capabilities and cgroups confine already',
      ['capability', 'dbus', 'file', 'network', 'umount'],
    ],
    ['Signals, sockets and tracing among the processes of the container', ownProcesses(wish)],
    ['Settings of the kernel are for looking at, but for those that each namespace has', settings(wish)],
    ['File systems of the kernel, where they are expected', fileSystems],
    ['Mounts of what is there already, but for /proc and /sys under other names', binds],
    ...(wish.namespace === undefined
      ? []
      : [['Profiles of its own', namespaceRules(wish.namespace)] as const]),
    ...(wish.nesting ? [['Containers inside', nestingRules] as const] : []),
    ...(wish.mapped ? [['Mounts by the root of a user namespace', mappedRules] as const] : []),
    ...(wish.raw.length === 0 ? [] : [['lxc.apparmor.raw', wish.raw.map(withoutComma)] as const]),
  ];
  const body = sections.map(
    ([title, rules]) => `  # ${title}\n${rules.map((rule) => `  ${rule},\n`).join('')}`,
  );
  return `profile ${quoted(wish.name)} flags=(attach_disconnected,mediate_deleted) {\n${body.join('\n')}}\n`;
}

/** The kernel has labels of stacked profiles with `//&` between them. */
function ownProcesses({ name }: ProfileWish): string[] {
  const own = `"{${escaped(name)},${escaped(name)}//&**}"`;
  return [
    'signal (receive)',
    `signal peer=${own}`,
    'ptrace (readby, tracedby)',
    `ptrace peer=${own}`,
    'unix (receive)',
    `unix peer=(label=${own})`,
  ];
}

const writes = 'wklx';
const anything = 'rwklx';

/** What belongs to a namespace of the container: names, System V objects, the network. */
const ownParameters = [
  'kernel/hostname',
  'kernel/domainname',
  'kernel/shm*',
  'kernel/sem',
  'kernel/msg*',
  'fs/mqueue',
  'net',
];
const ownSys = ['fs/cgroup', 'devices/virtual/net', 'class/net'];
const policy = 'kernel/security/apparmor';

function settings({ namespace }: ProfileWish): string[] {
  const places = namespace === undefined ? ownSys : [...ownSys, policy];
  const secret = [
    '/proc/kcore',
    '/proc/sysrq-trigger',
    '/proc/acpi/**',
    '/sys/firmware/efi/efivars/**',
    '/sys/kernel/{debug,tracing}/{,**}',
    ...(namespace === undefined
      ? ['/sys/kernel/security/**']
      : outside('/sys/kernel/security/', ['apparmor'])),
  ];
  return [
    ...secret.map((path) => `deny ${path} ${anything}`),
    `deny /proc/bus/** ${writes}`,
    ...outside('/proc/sys/', ownParameters).map((path) => `deny ${path} ${writes}`),
    ...outside('/sys/', places).map((path) => `deny ${path} ${writes}`),
  ];
}

const fileSystems = [
  'mount fstype=(tmpfs, ramfs, hugetlbfs, mqueue, fuse, fuse.*, fuseblk)',
  'mount fstype=proc -> /proc/',
  'mount fstype=sysfs -> /sys/',
  'mount fstype=(cgroup, cgroup2) -> /sys/fs/cgroup/{,**}',
  'mount fstype=devpts -> /dev/pts/',
  'mount fstype=fusectl -> /sys/fs/fuse/connections/',
  'mount fstype=securityfs -> /sys/kernel/security/',
  'mount fstype=debugfs -> /sys/kernel/debug/',
  'mount fstype=tracefs -> /sys/kernel/{debug/tracing,tracing}/',
  'mount fstype=binfmt_misc -> /proc/sys/fs/binfmt_misc/',
  'mount fstype=efivarfs -> /sys/firmware/efi/efivars/',
  ...['ro', 'rw'].flatMap((access) =>
    ['', ', relatime', ', strictatime'].map(
      (times) =>
        `mount options=(${access}, remount, nosuid, nodev, noexec${times}) -> /sys/{,fs/cgroup/{,**}}`,
    ),
  ),
  // Scripts of init that make the root read-only at the end; a line in the log for each would help nobody.
  'deny mount options=(ro, remount) -> /',
  'deny mount options=(ro, remount, silent) -> /',
];

/** A path rule holds for a path: the same files under another name would be free of it. */
const sources = outside('/', ['proc', 'sys', 'dev/.lxc']);

const kinds = ['bind', 'rbind', 'move'] as const;

const spreading = [
  'slave',
  'rslave',
  'private',
  'rprivate',
  'shared',
  'rshared',
  'unbindable',
  'runbindable',
];

const binds = [
  ...kinds.flatMap((kind) => sources.map((path) => `mount options=(rw, ${kind}) ${path}`)),
  ...subsets(['nosuid', 'nodev', 'noexec']).flatMap((flags) =>
    [[], ['relatime'], ['noatime']].map(
      (times) => `mount options=(${['ro', 'remount', 'bind', ...flags, ...times].join(', ')})`,
    ),
  ),
  ...spreading.map((kind) => `mount options=(rw, make-${kind}) -> /{,**}`),
];

function namespaceRules(namespace: string): string[] {
  return [`change_profile -> ":${escaped(namespace)}:*"`, `change_profile -> ":${escaped(namespace)}://*"`];
}

const nestingRules = [
  'pivot_root',
  'ptrace',
  'signal',
  'mount fstype=(proc, sysfs) -> /{run,usr/lib,usr/local/lib,var}/**',
  'mount fstype=(cgroup, cgroup2, devpts, overlay, mqueue) -> /**',
  'mount options=(rw, bind)',
  'mount options=(rw, rbind)',
  'mount options=(rw, move)',
  'change_profile -> lxc-*',
  // For the kernel, which lets nobody mount these anew who cannot see them whole; nobody has to look into them.
  'deny /dev/.lxc/proc/** rw',
  'deny /dev/.lxc/sys/** rw',
];

const mappedRules = [
  'pivot_root',
  'mount options=(rw, bind)',
  'mount options=(rw, rbind)',
  'mount options=(rw, move)',
  'mount fstype=(proc, sysfs, cgroup, cgroup2, devpts, overlay) -> /**',
];

/** Options are matched as a whole. */
function subsets([first, ...rest]: readonly string[]): readonly (readonly string[])[] {
  if (first === undefined) return [[]];
  const others = subsets(rest);
  return [...others, ...others.map((set) => [first, ...set])];
}

function withoutComma(rule: string): string {
  return rule.trim().replace(/,$/, '');
}

function quoted(text: string): string {
  return `"${escaped(text)}"`;
}

/** What means something in a pattern or ends the text. */
function escaped(text: string): string {
  return text.replaceAll(/[\\"*?[\]{},^@]/g, '\\$&');
}
