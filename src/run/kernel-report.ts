/**
 * What lxc-checkconfig says about a kernel: the checks in LXC's order, as data. Pure; the facts are read by
 * `host/kernel-config.ts`, the command only prints.
 */

import type { KernelFacts } from '../host/kernel-config.ts';

/** `required` is a `missing` without which no container starts. */
export type Status = 'enabled' | 'missing' | 'required';

export type Line =
  | { readonly kind: 'check'; readonly label: string; readonly status: Status; readonly loaded?: boolean }
  | { readonly kind: 'paths'; readonly label: string; readonly paths: readonly string[] }
  | { readonly kind: 'warning'; readonly text: string };

export interface Section {
  readonly title: string;
  readonly lines: readonly Line[];
}

export function kernelReport(facts: KernelFacts): readonly Section[] {
  return [
    { title: 'Namespaces', lines: namespaces(facts) },
    { title: 'Control groups', lines: controlGroups(facts) },
    { title: 'Misc', lines: misc(facts) },
    { title: 'Checkpoint/Restore', lines: checkpoint(facts) },
  ];
}

function namespaces(facts: KernelFacts): readonly Line[] {
  return [
    option(facts, 'Namespaces', 'NAMESPACES', 'required'),
    option(facts, 'Utsname namespace', 'UTS_NS'),
    option(facts, 'Ipc namespace', 'IPC_NS', 'required'),
    option(facts, 'Pid namespace', 'PID_NS', 'required'),
    option(facts, 'User namespace', 'USER_NS'),
    ...idMapWarnings(facts),
    option(facts, 'Network namespace', 'NET_NS'),
    ...only(isBefore(facts, 4, 7), option(facts, 'Multiple /dev/pts instances', 'DEVPTS_MULTIPLE_INSTANCES')),
  ];
}

function idMapWarnings(facts: KernelFacts): readonly Line[] {
  if (!facts.options.has('CONFIG_USER_NS')) return [];
  return (['newuidmap', 'newgidmap'] as const).flatMap((tool): readonly Line[] => {
    if (facts[tool] === 'usable') return [];
    const what = facts[tool] === 'absent' ? 'is not installed' : 'is not setuid-root';
    return [{ kind: 'warning', text: `Warning: ${tool} ${what}` }];
  });
}

function controlGroups(facts: KernelFacts): readonly Line[] {
  const { cgroupV1, cgroupV2 } = facts;
  const isUnifiedOnly = cgroupV1.length === 0 && cgroupV2.length > 0;
  const memory = isBefore(facts, 3, 6) ? 'CGROUP_MEM_RES_CTLR' : 'MEMCG';
  return [
    option(facts, 'Cgroups', 'CGROUPS'),
    check('Cgroup namespace', facts.cgroupNamespace),
    { kind: 'paths', label: 'Cgroup v1 mount points', paths: cgroupV1 },
    { kind: 'paths', label: 'Cgroup v2 mount points', paths: cgroupV2 },
    ...(isUnifiedOnly ? [] : legacyHierarchies(facts)),
    option(facts, 'Cgroup device', 'CGROUP_DEVICE'),
    option(facts, 'Cgroup sched', 'CGROUP_SCHED'),
    option(facts, 'Cgroup cpu account', 'CGROUP_CPUACCT'),
    option(facts, 'Cgroup memory controller', memory),
    option(facts, 'Cgroup cpuset', 'CPUSETS'),
  ];
}

/** The controllers' own lines appear only where they are wanting. */
function legacyHierarchies({ cgroupV1, cloneChildren }: KernelFacts): readonly Line[] {
  const has = (controller: string) => cgroupV1.some((path) => path.split('/').at(-1) === controller);
  return [
    ...only(!has('systemd'), check('Cgroup v1 systemd controller', false)),
    ...only(!has('freezer'), check('Cgroup v1 freezer controller', false)),
    ...only(cloneChildren, check('Cgroup v1 clone_children flag', true)),
  ];
}

function misc(facts: KernelFacts): readonly Line[] {
  const splitNat = !isBefore(facts, 4, 7) && isBefore(facts, 5, 0);
  return [
    module(facts, 'Veth pair device', 'VETH', 'veth'),
    module(facts, 'Macvlan', 'MACVLAN', 'macvlan'),
    module(facts, 'Vlan', 'VLAN_8021Q', '8021q'),
    module(facts, 'Bridges', 'BRIDGE', 'bridge'),
    option(facts, 'Advanced netfilter', 'NETFILTER_ADVANCED'),
    ...only(splitNat, module(facts, 'CONFIG_NF_NAT_IPV4', 'NF_NAT_IPV4', 'nf_nat_ipv4')),
    ...only(splitNat, module(facts, 'CONFIG_NF_NAT_IPV6', 'NF_NAT_IPV6', 'nf_nat_ipv6')),
    module(facts, 'CONFIG_IP_NF_TARGET_MASQUERADE', 'IP_NF_TARGET_MASQUERADE', 'ipt_MASQUERADE'),
    module(facts, 'CONFIG_IP6_NF_TARGET_MASQUERADE', 'IP6_NF_TARGET_MASQUERADE', 'ip6t_MASQUERADE'),
    module(facts, 'CONFIG_NETFILTER_XT_TARGET_CHECKSUM', 'NETFILTER_XT_TARGET_CHECKSUM', 'xt_CHECKSUM'),
    module(facts, 'CONFIG_NETFILTER_XT_MATCH_COMMENT', 'NETFILTER_XT_MATCH_COMMENT', 'xt_comment'),
    module(facts, 'FUSE (for use with lxcfs)', 'FUSE_FS', 'fuse'),
  ];
}

function checkpoint(facts: KernelFacts): readonly Line[] {
  // They came with 2.6.24 as an option and are always there since 2.6.33.
  const hasFileCaps = !isBefore(facts, 2, 7) || facts.options.has('CONFIG_SECURITY_FILE_CAPABILITIES');
  return [
    option(facts, 'checkpoint restore', 'CHECKPOINT_RESTORE'),
    ...['FHANDLE', 'EVENTFD', 'EPOLL', 'UNIX_DIAG', 'INET_DIAG', 'PACKET_DIAG', 'NETLINK_DIAG'].map((name) =>
      option(facts, `CONFIG_${name}`, name),
    ),
    check('File capabilities', hasFileCaps),
  ];
}

function option(facts: KernelFacts, label: string, name: string, otherwise: Status = 'missing'): Line {
  return check(label, facts.options.has(`CONFIG_${name}`), otherwise);
}

/** Whether it is loaded matters only for what was built as a module. */
function module(facts: KernelFacts, label: string, name: string, file: string): Line {
  const line = { kind: 'check', label, status: 'enabled' } as const;
  const built = facts.options.get(`CONFIG_${name}`);
  if (built === undefined) return check(label, false);
  return built === 'm' && facts.loaded !== undefined ? { ...line, loaded: facts.loaded.has(file) } : line;
}

function check(label: string, isThere: boolean, otherwise: Status = 'missing'): Line {
  return { kind: 'check', label, status: isThere ? 'enabled' : otherwise };
}

function only(condition: boolean, line: Line): readonly Line[] {
  return condition ? [line] : [];
}

/** A configuration that does not name its version counts as new. */
function isBefore({ version }: KernelFacts, major: number, minor: number): boolean {
  if (version === undefined) return false;
  return version[0] < major || (version[0] === major && version[1] < minor);
}
