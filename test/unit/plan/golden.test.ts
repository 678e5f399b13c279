import { describe, expect, test } from 'vitest';
import { board as boardLines } from '../../fixtures/board.ts';
import { minimal, routingHost, textOf, unifiedHost, viewHost } from './fixture.ts';

const board = boardLines({
  rootfs: '/srv/root',
  fstab: '/srv/fstab',
  entry: 'lxc.mount.entry=/lib /srv/root/lib none ro,bind 0 0',
});

/** What Debian's lxc-busybox template writes. */
const busybox = [
  'lxc.rootfs.path = dir:/srv/root',
  'lxc.signal.halt = SIGUSR1',
  'lxc.signal.reboot = SIGTERM',
  'lxc.uts.name = "web"',
  'lxc.tty.max = 1',
  'lxc.pty.max = 1',
  'lxc.cap.drop = sys_module mac_admin mac_override sys_time',
  'lxc.mount.auto = cgroup:mixed proc:mixed sys:mixed',
  'lxc.mount.entry = shm dev/shm tmpfs defaults,create=dir 0 0',
  'lxc.mount.entry = /lib lib none ro,bind 0 0',
  'lxc.mount.entry = /usr/lib usr/lib none ro,bind 0 0',
  'lxc.mount.entry = /sys/kernel/security sys/kernel/security none ro,bind,optional 0 0',
];

const hooks = ['pre-start', 'pre-mount', 'mount', 'autodev', 'start-host', 'start', 'stop', 'post-stop'];

const limits = [
  'lxc.cgroup2.memory.max = 256M',
  'lxc.cgroup2.memory.swap.max = 64M',
  'lxc.cgroup2.cpu.max = 50000 100000',
  'lxc.cgroup2.cpu.weight = 100',
  'lxc.cgroup2.devices.deny = a',
  'lxc.cgroup2.devices.allow = c 1:3 rwm',
  'lxc.cgroup2.devices.allow = /dev/fuse rw',
];

const cases = {
  minimal: { lines: minimal },
  board: { lines: board },
  busybox: { lines: busybox },
  foreground: { lines: minimal, request: { detach: false } },
  execute: { lines: minimal, request: { kind: 'execute', detach: false, command: ['/bin/true'] } },
  'execute-detached': { lines: minimal, request: { kind: 'execute', command: ['sleep', '9'] } },
  'execute-without-rootfs': {
    lines: ['lxc.net.0.type = none', 'lxc.execute.cmd = sh -c "echo one; echo two"'],
    request: { kind: 'execute', detach: false },
  },
  reboot: { lines: minimal, request: { reboot: true, pidfile: '/run/web.pid' } },
  'unified-host': { lines: [...minimal, 'lxc.mount.auto = proc sys cgroup', ...limits], facts: unifiedHost },
  'unified-host-v1-keys': {
    lines: [
      ...minimal,
      'lxc.cgroup.memory.limit_in_bytes = 256M',
      'lxc.cgroup.memory.memsw.limit_in_bytes = 512M',
      'lxc.cgroup.devices.deny = c 1:5 rw',
    ],
    facts: unifiedHost,
  },
  'hybrid-host-v2-keys': { lines: [...minimal, ...limits] },
  hooks: { lines: [...minimal, ...hooks.map((type) => `lxc.hook.${type} = /bin/${type} arg`)] },
  'hooks-version-1': {
    lines: [...minimal, 'lxc.hook.version = 1', 'lxc.environment.hooks = A=1', 'lxc.hook.mount = /bin/m'],
  },
  namespaces: {
    lines: [...minimal, 'lxc.namespace.share.net = db', 'lxc.namespace.share.ipc = 99'],
    request: { shares: [{ namespace: 'pid', target: '/proc/1/ns/pid' }] },
  },
  'namespace-keep': { lines: [...minimal, 'lxc.namespace.keep = ipc cgroup'] },
  idmap: {
    lines: [
      ...minimal,
      'lxc.idmap = u 0 100000 65536',
      'lxc.idmap = g 0 100000 65536',
      'lxc.mount.auto = proc:mixed sys:rw',
      'lxc.pty.max = 16',
      'lxc.hook.pre-mount = /bin/pre-mount',
      'lxc.prlimit.nofile = 1024',
    ],
  },
  'idmap-veth-unified': {
    lines: [
      ...minimal.slice(0, 2),
      'lxc.idmap = u 0 100000 65536',
      'lxc.idmap = g 0 100000 5',
      'lxc.idmap = g 1000 1000 1',
      'lxc.net.0.type = veth',
      'lxc.net.0.link = br0',
      'lxc.tty.max = 1',
    ],
    facts: unifiedHost,
  },
  clocks: { lines: [...minimal, 'lxc.time.offset.boot = -10m', 'lxc.time.offset.monotonic = 1500ms'] },
  'namespace-clone': {
    lines: ['lxc.namespace.clone = uts pid', 'lxc.uts.name = web', 'lxc.net.0.type = none'],
    request: { command: ['/sbin/init'] },
  },
  'cap-keep': { lines: [...minimal, 'lxc.cap.keep = chown setuid', 'lxc.mount.auto = proc'] },
  'cap-drop': { lines: [...minimal, 'lxc.cap.drop = sys_admin net_admin', 'lxc.mount.auto = proc cgroup'] },
  process: {
    lines: [
      ...minimal,
      'lxc.arch = i686',
      'lxc.init.cmd = /sbin/my-init --flag "two words"',
      'lxc.init.uid = 1000',
      'lxc.init.gid = 1001',
      'lxc.init.groups = 10,20',
      'lxc.init.cwd = /home',
      'lxc.environment = A=b c',
      'lxc.environment.runtime = R=1',
      'lxc.environment.hooks = H=1',
      'lxc.no_new_privs = 1',
      'lxc.keyring.session = 1',
      'lxc.prlimit.nofile = 1024:unlimited',
      'lxc.sysctl.net.ipv4.ip_forward = 1',
      'lxc.proc.oom_score_adj = 10',
      'lxc.monitor.signal.pdeath = 0',
      'lxc.signal.stop = SIGTERM',
    ],
  },
  terminals: {
    lines: [
      ...minimal,
      'lxc.tty.max = 2',
      'lxc.tty.dir = lxc',
      'lxc.pty.max = 100',
      'lxc.console.logfile = /var/log/console',
      'lxc.console.buffer.size = auto',
    ],
  },
  'proc-view': { lines: [...minimal, 'lxc.mount.auto = proc:mixed sys:mixed'], facts: viewHost },
  'console-none': { lines: [...minimal, 'lxc.console.path = none', 'lxc.tty.max = 1', 'lxc.tty.dir = x'] },
  'autodev-off': { lines: [...minimal, 'lxc.autodev = 0', 'lxc.rootfs.options = ro,noatime'] },
  'cgroup-dirs': {
    lines: [
      ...minimal,
      'lxc.cgroup.dir = a/b',
      'lxc.cgroup.dir.container.inner = in',
      'lxc.cgroup.cpuset.cpus = 1',
    ],
  },
  'cgroup-own-dirs': {
    lines: [
      ...minimal,
      'lxc.cgroup.dir.container = c',
      'lxc.cgroup.dir.monitor = m',
      'lxc.cgroup.dir.monitor.pivot = p',
    ],
  },
  'network-phys': {
    lines: [
      'lxc.rootfs.path = dir:/srv/root',
      'lxc.net.1.type = phys',
      'lxc.net.1.link = eth1',
      'lxc.net.1.name = wan',
      'lxc.net.1.mtu = 1400',
      'lxc.net.1.flags = up',
      'lxc.net.1.script.up = /etc/up',
      'lxc.net.5.type = vlan',
      'lxc.net.5.link = eth0',
      'lxc.net.5.vlan.id = 7',
      'lxc.net.9.type = ipvlan',
      'lxc.net.9.link = eth0',
      'lxc.net.9.ipvlan.mode = l3s',
      'lxc.net.9.ipv4.address = 10.0.0.2/24',
      'lxc.net.9.l2proxy = 1',
    ],
    facts: routingHost,
  },
  'network-router': {
    lines: [
      'lxc.rootfs.path = dir:/srv/root',
      'lxc.net.0.type = veth',
      'lxc.net.0.veth.mode = router',
      'lxc.net.0.veth.n_rxqueues = 2',
      'lxc.net.0.flags = up',
      'lxc.net.0.link = eth0',
      'lxc.net.0.l2proxy = 1',
      'lxc.net.0.ipv4.address = 10.7.0.2/32',
      'lxc.net.0.ipv4.gateway = 169.254.0.1',
      'lxc.net.0.veth.ipv4.route = 10.55.0.0/16',
      'lxc.net.1.type = veth',
      'lxc.net.1.link = br0',
      'lxc.net.1.veth.vlan.id = 5',
      'lxc.net.1.veth.vlan.tagged.id = 6',
    ],
    facts: routingHost,
  },
} as const;

test.each(Object.entries(cases))('the plan %s stays as it was agreed', async (name, given) => {
  await expect(textOf(given)).toMatchFileSnapshot(`golden/${name}.txt`);
});

const words = [
  'proc',
  'proc:rw',
  'sys',
  'sys:ro',
  'sys:rw',
  ...['cgroup', 'cgroup-full'].flatMap((word) =>
    ['', ':mixed', ':ro', ':rw'].flatMap((mode) => [`${word}${mode}`, `${word}${mode}:force`]),
  ),
  'cgroup2',
  'cgroup2:ro',
];

/** The lines about mounts in the container, which is where the words differ. */
function mountLines(text: string): string {
  const lines = text.slice(text.indexOf('\nchild:')).split('\n');
  return lines
    .filter((line) => /ROOT\/(proc|sys)/.test(line))
    .map((line) => line.replace(/^ *[0-9]+ /, ''))
    .join('\n');
}

describe('lxc.mount.auto', () => {
  const variants = {
    'with a cgroup namespace': [],
    'without a cgroup namespace': ['lxc.namespace.keep = cgroup'],
    'without CAP_SYS_ADMIN': ['lxc.cap.drop = sys_admin'],
  };
  test.each(Object.entries(variants))('every word has its mounts %s', async (name, more) => {
    const all = words.map((word) => {
      const text = textOf({ lines: [...minimal, ...more, `lxc.mount.auto = ${word}`] });
      return `== ${word}\n${mountLines(text)}\n`;
    });
    await expect(all.join('')).toMatchFileSnapshot(`golden/auto ${name}.txt`);
  });
});
