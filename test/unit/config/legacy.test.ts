import { describe, expect, test } from 'vitest';
import { keys } from '../../../src/config/index.ts';
import { failure, notes, parse } from './support.ts';

describe('old spellings', () => {
  test.each([
    ['lxc.utsname = a', 'lxc.uts.name'],
    ['lxc.tty = 1', 'lxc.tty.max'],
    ['lxc.devttydir = lxc', 'lxc.tty.dir'],
    ['lxc.pts = 1', 'lxc.pty.max'],
    ['lxc.console = none', 'lxc.console.path'],
    ['lxc.rootfs = /a', 'lxc.rootfs.path'],
    ['lxc.mount = /a', 'lxc.mount.fstab'],
    ['lxc.id_map = u 0 1 2', 'lxc.idmap'],
    ['lxc.aa_profile = a', 'lxc.apparmor.profile'],
    ['lxc.aa_allow_incomplete = 1', 'lxc.apparmor.allow_incomplete'],
    ['lxc.se_context = a', 'lxc.selinux.context'],
    ['lxc.seccomp = /a', 'lxc.seccomp.profile'],
    ['lxc.haltsignal = SIGPWR', 'lxc.signal.halt'],
    ['lxc.rebootsignal = SIGINT', 'lxc.signal.reboot'],
    ['lxc.stopsignal = SIGKILL', 'lxc.signal.stop'],
    ['lxc.loglevel = DEBUG', 'lxc.log.level'],
    ['lxc.logfile = /a', 'lxc.log.file'],
    ['lxc.syslog = daemon', 'lxc.log.syslog'],
    ['lxc.init_cmd = /a', 'lxc.init.cmd'],
    ['lxc.init_uid = 1', 'lxc.init.uid'],
    ['lxc.init_gid = 1', 'lxc.init.gid'],
    ['lxc.limit.nofile = 1', 'lxc.prlimit.nofile'],
    ['lxc.network.3.type = veth', 'lxc.net.3.type'],
    ['lxc.network.3.ipv4 = 10.0.0.1/8', 'lxc.net.3.ipv4.address'],
    ['lxc.network.3.ipv6.gateway = auto', 'lxc.net.3.ipv6.gateway'],
  ])('%s sets %s and says so', (line, key) => {
    const config = parse(line);
    const spelled = line.split(' ')[0];
    expect(config.entries).toMatchObject([{ key, spelled }]);
    expect(notes(config)).toEqual([`foo.conf:1: ${spelled} is now ${key}`]);
  });

  test('of the table all set a key that exists', () => {
    const names = Object.values(keys).flatMap(({ was }) => was.map(({ name }) => name));
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name in keys, name).toBe(false);
  });

  test.each(['lxc.kmsg = 0', 'lxc.pivotdir = mnt', 'lxc.kmsg ='])('%s is read and without effect', (line) => {
    const config = parse(line);
    expect(config.entries).toEqual([]);
    expect(notes(config)[0]).toContain('is without effect since');
  });

  test('of newer keys do not exist under lxc.network', () => {
    expect(failure(() => parse('lxc.network.0.l2proxy = 1'))).toContain('Unknown configuration key');
  });
});

describe('interfaces in order', () => {
  test('begin with their type and take the keys that follow', () => {
    const config = parse([
      'lxc.network.type = veth',
      'lxc.network.veth.pair = a',
      'lxc.network.ipv4 = 10.0.0.1/8',
      'lxc.network.ipv4 = 10.0.0.2/8',
      'lxc.network.type = macvlan',
      'lxc.network.hwaddr = 02:00:00:00:00:01',
    ]);
    expect(config.entries.map(({ key }) => key)).toEqual([
      'lxc.net.0.type',
      'lxc.net.0.veth.pair',
      'lxc.net.0.ipv4.address',
      'lxc.net.0.ipv4.address',
      'lxc.net.1.type',
      'lxc.net.1.hwaddr',
    ]);
  });

  test('refuse a key before the first type', () => {
    expect(failure(() => parse('lxc.network.link = br0'))).toBe(
      'foo.conf:1: Cannot use lxc.network.link: no interface is open; an interface begins with its lxc.network.type line',
    );
  });

  test('come after those with numbers', () => {
    const config = parse(['lxc.net.4.type = empty', 'lxc.network.type = veth', 'lxc.network.link = br0']);
    expect(config.nets.map((net) => [net.index, net.value('link')])).toEqual([
      [4, undefined],
      [5, 'br0'],
    ]);
  });

  test.each(['lxc.network =', 'lxc.network.type ='])(
    'are all cleared by %s and count from 0 again',
    (clear) => {
      const config = parse([
        'lxc.network.type = veth',
        'lxc.network.type = veth',
        clear,
        'lxc.network.type = empty',
      ]);
      expect(config.nets.map((net) => [net.index, net.value('type')])).toEqual([[0, 'empty']]);
    },
  );
});

describe('lxc.rootfs.backend', () => {
  test.each([
    [['lxc.rootfs.backend = btrfs', 'lxc.rootfs = /a']],
    [['lxc.rootfs = /a', 'lxc.rootfs.backend = btrfs']],
  ])('goes in front of the path wherever it stands', (lines) => {
    expect(parse(lines).value('lxc.rootfs.path')).toEqual({ type: 'btrfs', path: '/a' });
  });

  test('yields to a type in the path', () => {
    const config = parse(['lxc.rootfs.backend = btrfs', 'lxc.rootfs = overlay:/a:/b']);
    expect(config.value('lxc.rootfs.path')).toEqual({ type: 'overlay', path: '/a:/b' });
  });

  test('refuses a type that does not exist', () => {
    expect(failure(() => parse('lxc.rootfs.backend = btrsf'))).toContain('did you mean "btrfs"?');
  });
});
