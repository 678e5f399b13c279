import { describe, expect, test } from 'vitest';
import { getItem, listItems } from '../../../src/config/index.ts';
import { parse } from './support.ts';

const full = parse([
  'lxc.uts.name = foo',
  'lxc.rootfs.path = dir:/srv/x',
  'lxc.mount.entry = proc proc proc nodev,noexec 0 0',
  'lxc.mount.entry = /a b none bind,create=dir,optional',
  'lxc.mount.auto = proc:mixed sys:ro cgroup:rw',
  'lxc.cap.drop = sys_time chown',
  'lxc.cap.drop = mknod',
  'lxc.idmap = u 0 100000 65536',
  'lxc.idmap = g 0 100000 65536',
  'lxc.prlimit.nofile = 10 : 20',
  'lxc.prlimit.core = unlimited',
  'lxc.sysctl.net.ipv4.ip_forward = 1',
  'lxc.proc.oom_score_adj = 10',
  'lxc.cgroup2.memory.max = 100M',
  'lxc.cgroup2.memory.max = 200M',
  'lxc.cgroup.cpu.shares = 12',
  'lxc.cgroup.dir = foo',
  'lxc.net.0.type = macvlan',
  'lxc.net.0.flags = up',
  'lxc.net.0.link = br0',
  'lxc.net.0.ipv4.address = 10.0.0.1/24 10.0.0.77',
  'lxc.net.0.ipv4.address = 10.0.1.1/8',
  'lxc.net.0.ipv6.address = fe80::1',
  'lxc.net.0.ipv4.gateway = auto',
  'lxc.net.0.macvlan.mode = vepa',
  'lxc.net.2.type = veth',
  'lxc.net.2.veth.pair = vx',
  'lxc.net.2.veth.ipv4.route = 10.0.0.0/8',
  'lxc.net.2.ipv4.gateway = dev',
  'lxc.net.2.veth.vlan.id = 5',
  'lxc.net.2.veth.vlan.tagged.id = 7',
  'lxc.net.2.veth.vlan.tagged.id = 8',
  'lxc.hook.pre-start = /bin/a b',
  'lxc.hook.pre-start = /bin/c',
  'lxc.group = g1 g2',
  'lxc.group = g3',
  'lxc.environment = A=b',
  'lxc.signal.halt = SIGRTMIN+3',
  'lxc.arch = amd64',
  'lxc.init.groups = 10,20',
  'lxc.init.groups = 30',
  'lxc.log.level = debug',
  'lxc.console.buffer.size = 10MB',
  'lxc.console.size = auto',
  'lxc.namespace.clone = net mnt',
  'lxc.namespace.share.net = foo',
  'lxc.seccomp.notify.proxy = unix:/x',
  'lxc.autodev.tmpfs.size = 1234',
]);

// Seen with C LXC 5.0.2: `lxc-info -c KEY` on the same file.
const seen: readonly (readonly [string, string])[] = [
  ['lxc.uts.name', 'foo'],
  ['lxc.rootfs.path', '/srv/x'],
  ['lxc.mount.entry', 'proc proc proc nodev,noexec 0 0\n/a b none bind,create=dir,optional\n'],
  ['lxc.mount.auto', 'proc:mixed sys:ro cgroup:rw'],
  ['lxc.cap.drop', 'sys_time\nchown\nmknod\n'],
  ['lxc.idmap', 'u 0 100000 65536\ng 0 100000 65536'],
  ['lxc.prlimit', 'lxc.prlimit.nofile = 10:20\nlxc.prlimit.core = unlimited\n'],
  ['lxc.prlimit.nofile', '10:20'],
  ['lxc.prlimit.cpu', ''],
  ['lxc.sysctl', 'lxc.sysctl.net.ipv4.ip_forward = 1\n'],
  ['lxc.sysctl.net.ipv4.ip_forward', '1'],
  ['lxc.proc', 'lxc.proc.oom_score_adj = 10\n'],
  ['lxc.proc.oom_score_adj', '10'],
  ['lxc.cgroup2', 'lxc.cgroup2.memory.max = 100M\nlxc.cgroup2.memory.max = 200M\n'],
  ['lxc.cgroup2.memory.max', '100M\n200M\n'],
  ['lxc.cgroup', 'lxc.cgroup.cpu.shares = 12\n'],
  ['lxc.cgroup.cpu.shares', '12\n'],
  ['lxc.cgroup.dir', 'foo'],
  ['lxc.net', 'macvlan\nveth\n'],
  ['lxc.net.0.type', 'macvlan'],
  ['lxc.net.0.flags', 'up'],
  ['lxc.net.0.link', 'br0'],
  ['lxc.net.0.name', ''],
  ['lxc.net.0.ipv4.address', '10.0.0.1/24\n10.0.1.1/8'],
  ['lxc.net.0.ipv6.address', 'fe80::1/64'],
  ['lxc.net.0.ipv4.gateway', 'auto'],
  ['lxc.net.0.macvlan.mode', 'vepa'],
  ['lxc.net.2.veth.pair', 'vx'],
  ['lxc.net.2.veth.mode', 'bridge'],
  ['lxc.net.2.veth.ipv4.route', '10.0.0.0/8'],
  ['lxc.net.2.ipv4.gateway', 'dev'],
  ['lxc.net.2.veth.vlan.id', '5'],
  ['lxc.net.2.veth.vlan.tagged.id', '7\n8'],
  ['lxc.net.2.flags', ''],
  ['lxc.net.2.l2proxy', '0'],
  ['lxc.hook.pre-start', '/bin/a b\n/bin/c\n'],
  ['lxc.hook.mount', ''],
  ['lxc.hook.version', '0'],
  ['lxc.group', 'g1\ng2\ng3\n'],
  ['lxc.environment', 'A=b\n'],
  ['lxc.signal.halt', '37'],
  ['lxc.signal.stop', '0'],
  ['lxc.arch', 'x86_64'],
  ['lxc.init.groups', '10,20,30'],
  ['lxc.init.cmd', ''],
  ['lxc.init.cwd', ''],
  ['lxc.init.uid', '0'],
  ['lxc.log.level', 'DEBUG'],
  ['lxc.console.buffer.size', '16777216'],
  ['lxc.console.size', '131072'],
  ['lxc.console.rotate', '0'],
  ['lxc.namespace.clone', 'mnt\nnet\n'],
  ['lxc.namespace.share.net', 'foo'],
  ['lxc.seccomp.notify.proxy', '/x'],
  ['lxc.autodev', '1'],
  ['lxc.autodev.tmpfs.size', '1234'],
  ['lxc.rootfs.managed', '1'],
  ['lxc.monitor.signal.pdeath', '9'],
];

test.each(seen)('%s is answered as C LXC answers it', (key, answer) => {
  expect(getItem(full, key)).toBe(answer);
});

test('an unset log level is NOTSET', () => {
  expect(getItem(parse(''), 'lxc.log.level')).toBe('NOTSET');
});

describe('no answer', () => {
  test.each([
    'lxc.bogus',
    'lxc.include',
    'lxc.hook',
    'lxc.net.0',
    'lxc.net.5.type',
    'lxc.net.0.vlan.id',
    'lxc.net.0.veth.pair',
  ])('is given for %s', (key) => {
    expect(getItem(full, key)).toBeUndefined();
  });
});

test('old spellings are answered like the current ones', () => {
  expect(getItem(full, 'lxc.utsname')).toBe('foo');
  expect(getItem(full, 'lxc.network.0.ipv4')).toBe('10.0.0.1/24\n10.0.1.1/8');
});

test('offsets of clocks are shown in seconds where they are whole', () => {
  const config = parse(['lxc.time.offset.boot = 2m', 'lxc.time.offset.monotonic = -1500us']);
  expect(getItem(config, 'lxc.time.offset.boot')).toBe('120s');
  expect(getItem(config, 'lxc.time.offset.monotonic')).toBe('-1500000ns');
});

test('the list of items holds every answer that is not empty', () => {
  const items = listItems(full);
  for (const [key, answer] of seen) expect(items.get(key) ?? '', key).toBe(answer);
  expect(items.get('lxc.tty.max')).toBe('0');
  expect(items.has('lxc.console.logfile')).toBe(false);
});
