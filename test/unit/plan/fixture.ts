/** A host, a caller and configurations written down, so that plans can be made without any of them. */

import type { CgroupFacts, Hierarchy } from '../../../src/cgroup/layout.ts';
import { type Config, parseConfig } from '../../../src/config/index.ts';
import type { HostFacts, PathFact } from '../../../src/plan/facts.ts';
import { formatPlan, planStart, type StartPlan, type StartRequest } from '../../../src/plan/index.ts';
import { noLsm } from '../../../src/plan/lsm/facts.ts';

const directory: PathFact = { kind: 'directory', device: undefined };

function v1(controllers: string): Hierarchy {
  const mount = `/sys/fs/cgroup/${controllers.replace('name=', '')}`;
  return { controllers, version: 1, mount, own: '/', base: '/', offers: [] };
}

function v2(mount: string, offers: readonly string[]): Hierarchy {
  return { controllers: '', version: 2, mount, own: '/', base: '/', offers };
}

export const hybridCgroups: CgroupFacts = {
  kind: 'hybrid',
  hierarchies: [
    v1('name=systemd'),
    v1('cpu,cpuacct'),
    v1('cpuset'),
    v1('memory'),
    v1('devices'),
    v1('freezer'),
    v1('blkio'),
    v1('pids'),
    v2('/sys/fs/cgroup/unified', ['hugetlb']),
  ],
  taken: new Set(),
  cpuset: { cpus: '0-1', mems: '0' },
  enabled: new Map([['/sys/fs/cgroup/unified', []]]),
};

export const unifiedCgroups: CgroupFacts = {
  kind: 'unified',
  hierarchies: [v2('/sys/fs/cgroup', ['cpuset', 'cpu', 'io', 'memory', 'pids'])],
  taken: new Set(['/sys/fs/cgroup']),
  cpuset: undefined,
  enabled: new Map([['/sys/fs/cgroup', ['cpu', 'memory']]]),
};

const link = { index: 7, mtu: 1500, kind: 'bridge', addresses: [] } as const;

export const host: HostFacts = {
  cgroups: hybridCgroups,
  namespaces: new Set(['mnt', 'pid', 'net', 'ipc', 'user', 'uts', 'cgroup', 'time']),
  lastCapability: 40,
  kernel: [6, 1],
  lsm: noLsm,
  ids: { users: [{ first: 0, count: 4294967295 }], groups: [{ first: 0, count: 4294967295 }] },
  paths: new Map([
    ['/srv/root', directory],
    ['/run/lxc-rootfs', directory],
    ['/srv', directory],
    ['/var/log', directory],
    ['/dev/fuse', { kind: 'character', device: { major: 10, minor: 229 } }],
  ]),
  sharedPaths: new Set(['/srv/shared']),
  files: new Map([
    ['/srv/fstab', '# comment\nproc proc proc nodev,noexec,nosuid 0 0\n\n/a\\040b mnt none ro,bind 0 0\n'],
  ]),
  network: { links: new Map([['br0', link]]) },
  draw: () => 0,
};

export const viewHost: HostFacts = { ...host, view: { at: '/var/lib/lxcfs', own: true, byName: true } };

const nic = { mtu: 1500, kind: 'other', addresses: [] } as const;

export const routingHost: HostFacts = {
  ...host,
  network: {
    links: new Map([
      ['br0', { ...link, vlan: { filtering: true, defaultPvid: 1 } }],
      ['eth0', { ...nic, index: 2 }],
      ['eth1', { ...nic, index: 3 }],
    ]),
    sysctls: new Map([['net/ipv4/conf/eth0/forwarding', '1']]),
  },
};

export const unifiedHost: HostFacts = { ...host, cgroups: unifiedCgroups };

export const caller: StartRequest = {
  name: 'web',
  lxcpath: '/var/lib/lxc',
  commandSocket: '/var/lib/lxc/web/command',
  rootfsMount: '/run/lxc-rootfs',
  pid: 4711,
  configFile: '/var/lib/lxc/web/config',
  kind: 'start',
  detach: true,
  reboot: false,
  command: [],
  pidfile: undefined,
  env: ['PATH=/usr/bin:/bin', 'TERM=xterm'],
  cwd: '/home/user',
  uid: 0,
  gid: 0,
  umask: 0o22,
  terminals: { stdin: true, stdout: true, stderr: true },
  record: { path: '/run/lxc-ts/0/web.record', head: Buffer.from('{}') },
  shares: [],
  initPids: new Map([['db', 815]]),
  cgroupPattern: '',
  logLevel: 'ERROR',
  monitorFifo: '/run/lxc/var/lib/lxc/monitor-fifo',
};

export function config(...lines: readonly string[]): Config {
  const io = {
    cwd: '/',
    readFile: () => undefined,
    list: () => undefined,
    env: () => undefined,
    nibble: () => 10,
  };
  return parseConfig(lines.join('\n'), { file: 'web.conf', io });
}

/** What most containers have. */
export const minimal = ['lxc.rootfs.path = dir:/srv/root', 'lxc.uts.name = web', 'lxc.net.0.type = empty'];

interface Case {
  readonly lines: readonly string[];
  readonly request?: Partial<StartRequest>;
  readonly facts?: HostFacts;
}

export function planOf({ lines, request = {}, facts = host }: Case): StartPlan {
  return planStart(config(...lines), { ...caller, ...request }, facts);
}

export function textOf(given: Case): string {
  return formatPlan(planOf(given), 'text');
}

/** The error of a plan that cannot be made, as the user sees it. */
export function refusal(given: Case): string {
  try {
    planOf(given);
  } catch (error) {
    return String(error);
  }
  throw new Error('the plan was made');
}
