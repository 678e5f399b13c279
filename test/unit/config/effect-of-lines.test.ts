import { describe, expect, test } from 'vitest';
import { effectOf } from '../../../src/config/index.ts';
import { failure, notes, parse } from './support.ts';

const keysOf = (lines: readonly string[]) => parse(lines).entries.map(({ key, text }) => `${key}=${text}`);

describe('order', () => {
  test('a scalar has the value and the place of its last line', () => {
    const entry = parse(['lxc.tty.max = 1', 'lxc.pty.max = 1', 'lxc.tty.max = 2']).one('lxc.tty.max');
    expect(entry).toMatchObject({ value: 2, origin: { line: 3 } });
  });

  test('a list keeps all lines in order', () => {
    const config = parse(['lxc.cap.drop = mknod', 'lxc.cap.drop = kill chown']);
    expect(config.many('lxc.cap.drop').map(({ value }) => value.map(({ name }) => name))).toEqual([
      ['mknod'],
      ['kill', 'chown'],
    ]);
  });

  test('both cgroup families are walked in the order of the file', () => {
    const config = parse([
      'lxc.cgroup.devices.deny = a',
      'lxc.cgroup2.devices.allow = c 1:3 rw',
      'lxc.cgroup.devices.allow = c 1:5 rw',
      'lxc.cgroup.dir = here',
    ]);
    expect(config.family('lxc.cgroup', 'lxc.cgroup2').map(({ key }) => key)).toEqual([
      'lxc.cgroup.devices.deny',
      'lxc.cgroup2.devices.allow',
      'lxc.cgroup.devices.allow',
    ]);
    expect(config.family('lxc.cgroup2').map(({ name }) => name)).toEqual(['devices.allow']);
  });

  test('a resource limit is replaced by name', () => {
    const config = parse(['lxc.prlimit.core = 1', 'lxc.prlimit.nofile = 1', 'lxc.prlimit.core = 2']);
    expect(config.family('lxc.prlimit').map(({ name, value }) => [name, value.soft])).toEqual([
      ['core', 2n],
      ['nofile', 1n],
    ]);
  });

  test('interfaces are sorted by number', () => {
    const config = parse(['lxc.net.5.type = veth', 'lxc.net.1.type = empty', 'lxc.net.10.type = none']);
    expect(config.nets.map(({ index }) => index)).toEqual([1, 5, 10]);
  });
});

describe('an empty value', () => {
  test('brings a scalar back to its default', () => {
    const config = parse([
      'lxc.init.cmd = /init',
      'lxc.init.cmd =',
      'lxc.rootfs.managed = 0',
      'lxc.rootfs.managed =',
    ]);
    expect(config.value('lxc.init.cmd')).toBe('/sbin/init');
    expect(config.value('lxc.rootfs.managed')).toBe(true);
    expect(config.value('lxc.uts.name')).toBeUndefined();
  });

  test('brings lxc.autodev back to 1 and says that C LXC does not', () => {
    const config = parse(['lxc.autodev = 0', 'lxc.autodev =']);
    expect(config.value('lxc.autodev')).toBe(true);
    expect(notes(config)).toEqual(['foo.conf:2: lxc.autodev is back at its default 1; C LXC takes 0 here']);
  });

  test('of lxc.mount.fstab and lxc.arch is no error', () => {
    expect(keysOf(['lxc.mount.fstab = x', 'lxc.mount.fstab =', 'lxc.arch = i686', 'lxc.arch ='])).toEqual([]);
  });

  test('of one capability list clears both', () => {
    expect(keysOf(['lxc.cap.drop = kill', 'lxc.cap.keep ='])).toEqual([]);
    expect(keysOf(['lxc.cap.keep = kill', 'lxc.cap.drop =', 'lxc.cap.drop = chown'])).toEqual([
      'lxc.cap.drop=chown',
    ]);
  });

  test.each([
    ['lxc.hook', ['lxc.hook.start = a', 'lxc.hook.stop = b', 'lxc.hook.version = 1'], ['lxc.hook.version=1']],
    ['lxc.net', ['lxc.net.0.type = veth', 'lxc.net.0.flags = up', 'lxc.net.1.type = none'], []],
    [
      'lxc.net.0',
      ['lxc.net.0.type = veth', 'lxc.net.00.flags = up', 'lxc.net.1.type = none'],
      ['lxc.net.1.type=none'],
    ],
    [
      'lxc.cgroup',
      ['lxc.cgroup.dir = d', 'lxc.cgroup.cpu.shares = 1', 'lxc.cgroup.relative = 1'],
      ['lxc.cgroup.dir=d', 'lxc.cgroup.relative=1'],
    ],
    ['lxc.cgroup2', ['lxc.cgroup2.pids.max = 1', 'lxc.cgroup.pids.max = 2'], ['lxc.cgroup.pids.max=2']],
    ['lxc.prlimit', ['lxc.prlimit.core = 1', 'lxc.prlimit.cpu = 1'], []],
    ['lxc.sysctl', ['lxc.sysctl.a.b = 1'], []],
    ['lxc.proc', ['lxc.proc.oom_adj = 1'], []],
  ])('of %s clears its members', (key, lines, left) => {
    expect(keysOf([...lines, `${key} =`])).toEqual(left);
  });

  test('of one file of a family clears that file', () => {
    const lines = ['lxc.cgroup2.devices.deny = a', 'lxc.cgroup2.pids.max = 1', 'lxc.cgroup2.devices.deny ='];
    expect(keysOf(lines)).toEqual(['lxc.cgroup2.pids.max=1']);
  });

  test('of the type takes what belongs to that type along', () => {
    const lines = [
      'lxc.net.0.type = veth',
      'lxc.net.0.veth.pair = v',
      'lxc.net.0.mtu = 9',
      'lxc.net.0.type =',
    ];
    expect(keysOf(lines)).toEqual(['lxc.net.0.mtu=9']);
  });
});

describe('contradictions', () => {
  test('capabilities are either dropped or kept', () => {
    expect(failure(() => parse(['lxc.cap.drop = kill', 'lxc.cap.keep = chown']))).toBe(
      'foo.conf:2: Cannot use lxc.cap.keep together with lxc.cap.drop; the other one is foo.conf:1; an empty value clears it',
    );
  });

  test('none in lxc.cap.keep forgets the lines before', () => {
    const config = parse(['lxc.cap.keep = kill', 'lxc.cap.keep = none', 'lxc.cap.keep = chown']);
    expect(config.many('lxc.cap.keep').flatMap(({ value }) => value.map(({ name }) => name))).toEqual([
      'chown',
    ]);
  });

  test('namespaces are either cloned or kept', () => {
    const message = failure(() => parse(['lxc.namespace.keep = user', 'lxc.namespace.clone = net']));
    expect(message).toContain('Cannot use lxc.namespace.clone together with lxc.namespace.keep');
    expect(
      keysOf(['lxc.namespace.keep = user', 'lxc.namespace.keep =', 'lxc.namespace.clone = net']),
    ).toHaveLength(1);
  });

  test('keys of one type of interface need that type before them', () => {
    expect(failure(() => parse('lxc.net.0.veth.pair = v'))).toBe(
      'foo.conf:1: Cannot use lxc.net.0.veth.pair: the interface has no type yet; it belongs behind lxc.net.0.type = veth',
    );
    expect(failure(() => parse(['lxc.net.0.type = veth', 'lxc.net.0.vlan.id = 1']))).toContain(
      'the interface has the type veth',
    );
  });

  test('a new type forgets the keys of the old one', () => {
    const lines = ['lxc.net.0.type = veth', 'lxc.net.0.veth.pair = v', 'lxc.net.0.type = macvlan'];
    expect(keysOf(lines)).toEqual(['lxc.net.0.type=macvlan']);
  });
});

describe('the time of the effect', () => {
  test.each([
    ['lxc.uts.name = a', 'start'],
    ['lxc.idmap = u 0 100000 65536', 'start'],
    ['lxc.rootfs.path = /srv/a', 'start'],
    ['lxc.rootfs.path = btrfs:/srv/a', 'start'],
    ['lxc.rootfs.options = idmap=container', 'start'],
    ['lxc.mount.entry = a b none bind 0 0', 'start'],
    ['lxc.mount.entry = a b none bind,idmap=container 0 0', 'start'],
    ['lxc.mount.auto = proc', 'start'],
    ['lxc.mount.auto = proc shmounts:/a', 'start'],
    ['lxc.seccomp.profile = /a', 'start'],
    ['lxc.selinux.context = a', 'start'],
    ['lxc.apparmor.profile = a', 'start'],
    ['lxc.apparmor.allow_nesting = 0', 'start'],
    ['lxc.time.offset.boot = 1s', 'start'],
    ['lxc.time.offset.boot = 0s', 'start'],
    ['lxc.sched.core = 1', 'start'],
    ['lxc.monitor.unshare = 1', 'start'],
    ['lxc.ephemeral = 1', 'start'],
    ['lxc.log.syslog = daemon', 'start'],
    ['lxc.keyring.session = 1', 'start'],
    ['lxc.net.0.type = veth', 'start'],
    ['lxc.net.0.type = phys', 'start'],
    ['lxc.start.auto = 1', 'none'],
    ['lxc.hook.clone = a', 'none'],
    ['lxc.cgroup2.pids.max = 1', 'start'],
    ['lxcts.lxcfs = required', 'start'],
    ['lxcts.sysinfo = off', 'start'],
  ])('of %s is %s', (line, effect) => {
    expect(parse(line).entries.map(effectOf)).toEqual([effect]);
  });
});

describe('warnings', () => {
  test('tell where a value is taken as it was meant and not as C LXC takes it', () => {
    expect(notes(parse('lxc.console.size = 10M'))).toEqual([
      'foo.conf:1: lxc.console.size: "10M" is read as 10MB; C LXC ignores a one-letter unit',
    ]);
    expect(notes(parse('lxc.environment = FOO'))).toEqual([
      'foo.conf:1: lxc.environment: FOO is not set in the environment of the caller',
    ]);
    expect(notes(parse('lxc.mount.entry = a b none bind 0 0 # why'))).toEqual([
      'foo.conf:1: lxc.mount.entry: everything after the sixth field is ignored; write a blank as \\040',
    ]);
  });
});
