import { type Case, flagCase, textCase } from './case.ts';

const plainMount = { create: undefined, optional: false, relative: false, idmap: undefined };

const timeCase = (key: string): Case => ({
  key,
  good: [
    ['1h', { seconds: 3600, nanoseconds: 0 }],
    ['-2m', { seconds: -120, nanoseconds: 0 }],
    ['1500ms', { seconds: 1, nanoseconds: 500_000_000 }],
    ['-1us', { seconds: -1, nanoseconds: 999_999_000 }],
    ['7ns', { seconds: 0, nanoseconds: 7 }],
    ['5s', { seconds: 5, nanoseconds: 0 }],
  ],
  bad: [
    ['5', 'it is not a number with one of'],
    ['5d', 'it is not a number with one of'],
    ['999999999999999999h', 'it is too large'],
  ],
});

const cgroupPathCase = (key: string): Case => ({
  key,
  good: [
    ['lxc', 'lxc'],
    ['a/b/', 'a/b'],
  ],
  bad: [
    ['/lxc', 'it is an absolute path'],
    ['a/../b', 'it contains ".."'],
  ],
});

const deviceCases = (family: string): readonly Case[] =>
  ['devices.allow', 'devices.deny'].map((file) => ({
    key: `${family}.${file}`,
    good: ['a', 'a *:* rwm', 'c 1:3 rw', 'b *:* m', 'c 136:* rwm', '/dev/fuse rw', '/dev/fuse'].map(
      (rule): readonly [string, unknown] => [rule, rule],
    ),
    bad: [
      ['c 1:3', 'it is not a device rule'],
      ['d 1:3 r', 'it is not a device rule'],
      ['c 1:3 rwx', 'it is not a device rule'],
      ['c 99999999999:1 r', 'it is not a device rule'],
    ],
  }));

export const isolationCases: readonly Case[] = [
  {
    key: 'lxc.rootfs.path',
    good: [
      ['/srv/foo', { type: undefined, path: '/srv/foo' }],
      ['/srv/a:b', { type: undefined, path: '/srv/a:b' }],
      ['dir:/srv/foo', { type: 'dir', path: '/srv/foo' }],
      ['overlay:/low:/up', { type: 'overlay', path: '/low:/up' }],
      ['zfs:pool/data', { type: 'zfs', path: 'pool/data' }],
      ['rootfs', { type: undefined, path: 'rootfs' }],
    ],
    bad: [
      ['overlya:/low:/up', 'did you mean "overlay"?'],
      ['aufs:/low:/up', '"aufs" is not a type of storage'],
    ],
  },
  textCase('lxc.rootfs.mount', '/usr/lib/lxc/rootfs'),
  {
    key: 'lxc.rootfs.options',
    good: [
      ['ro,noatime', { options: ['ro', 'noatime'], idmap: undefined }],
      ['idmap=container', { options: [], idmap: 'container' }],
      ['idmap=/proc/1/ns/user,rw', { options: ['rw'], idmap: '/proc/1/ns/user' }],
    ],
    bad: [
      ['create=dir', 'takes neither create= nor optional nor relative'],
      ['optional', 'takes neither create= nor optional nor relative'],
      ['ro,relative', 'takes neither create= nor optional nor relative'],
      ['idmap=other', 'idmap=container or idmap=/PATH'],
    ],
  },
  flagCase('lxc.rootfs.managed'),
  {
    key: 'lxc.mount.entry',
    good: [
      [
        'proc proc proc nodev,noexec 0 0',
        { ...plainMount, source: 'proc', target: 'proc', type: 'proc', options: ['nodev', 'noexec'] },
      ],
      [
        '/a\\040b c none bind,create=dir,optional',
        {
          ...plainMount,
          source: '/a b',
          target: 'c',
          type: 'none',
          options: ['bind'],
          create: 'dir',
          optional: true,
        },
      ],
      [
        'x y none rbind,relative,create=file,idmap=container 0 0',
        {
          source: 'x',
          target: 'y',
          type: 'none',
          options: ['rbind'],
          create: 'file',
          optional: false,
          relative: true,
          idmap: 'container',
        },
      ],
      [
        'tmpfs tmp tmpfs',
        { ...plainMount, source: 'tmpfs', target: 'tmp', type: 'tmpfs', options: ['defaults'] },
      ],
      [
        'u v fuse xoptional',
        { ...plainMount, source: 'u', target: 'v', type: 'fuse', options: ['xoptional'] },
      ],
    ],
    bad: [
      ['/a', 'it has no target and file system type'],
      ['/a b', 'it has no file system type'],
      ['/a/b none bind 0 0', 'a blank between source and target seems missing in "/a/b"'],
      ['/ab none ro,bind', 'a blank between source and target seems missing'],
      ['a b none bind,create=link', 'create=dir or create=file'],
      ['a b none bind,idmap=me', 'idmap=container or idmap=/PATH'],
    ],
  },
  textCase('lxc.mount.fstab', '/var/lib/lxc/foo/fstab'),
  {
    key: 'lxc.mount.auto',
    good: [
      ['proc', [{ what: 'proc', mode: 'mixed' }]],
      [
        'proc:rw sys:ro',
        [
          { what: 'proc', mode: 'rw' },
          { what: 'sys', mode: 'ro' },
        ],
      ],
      ['cgroup', [{ what: 'cgroup', mode: 'auto', force: false }]],
      ['cgroup-full:ro:force', [{ what: 'cgroup-full', mode: 'ro', force: true }]],
      ['cgroup2:ro', [{ what: 'cgroup2', mode: 'ro', force: true }]],
      ['shmounts:/srv/shared', [{ what: 'shmounts', host: '/srv/shared', container: '/dev/.lxc-mounts' }]],
      ['shmounts:/srv/shared:/mnt', [{ what: 'shmounts', host: '/srv/shared', container: '/mnt' }]],
    ],
    bad: [
      ['porc', 'did you mean "proc"?'],
      ['proc:ro', '"proc:ro" cannot be mounted automatically'],
      ['cgroup:mixed:rw', 'cannot be mounted automatically'],
      ['shmounts:srv', 'shmounts:HOSTPATH'],
    ],
  },
  flagCase('lxc.autodev'),
  {
    key: 'lxc.autodev.tmpfs.size',
    good: [
      ['500000', 500_000],
      ['1MB', 1_048_576],
    ],
    bad: [['big', 'it is not a size']],
  },
  {
    key: 'lxc.idmap',
    good: [
      ['u 0 100000 65536', { type: 'u', inside: 0, outside: 100_000, range: 65_536 }],
      ['g\t0  100000 1', { type: 'g', inside: 0, outside: 100_000, range: 1 }],
    ],
    bad: [
      ['u 0 100000', 'it does not have four fields'],
      ['u 0 100000 65536 1', 'it does not have four fields'],
      ['x 0 100000 65536', 'it is not one of u, g'],
      ['u 0 hello 65536', '"hello" is not an id'],
      ['u 0 100000 0', 'its range is empty'],
      ['hello', 'it does not have four fields'],
    ],
  },
  ...['lxc.namespace.clone', 'lxc.namespace.keep'].map(
    (key): Case => ({
      key,
      good: [
        ['mnt pid net', ['mnt', 'pid', 'net']],
        ['mount', ['mnt']],
        ['time cgroup uts user ipc', ['time', 'cgroup', 'uts', 'user', 'ipc']],
      ],
      bad: [['network', 'it is not one of user']],
    }),
  ),
  ...['mnt', 'pid', 'net', 'ipc', 'user', 'uts', 'cgroup', 'time'].map(
    (name): Case => ({
      key: `lxc.namespace.share.${name}`,
      good: [
        ['4321', { kind: 'pid', pid: 4321 }],
        ['other', { kind: 'container', name: 'other' }],
        ['/proc/1/ns/net', { kind: 'path', path: '/proc/1/ns/net' }],
      ],
      bad: [['a/b', 'it is neither a pid nor']],
    }),
  ),
  timeCase('lxc.time.offset.boot'),
  timeCase('lxc.time.offset.monotonic'),
  {
    key: 'lxc.cap.drop',
    good: [
      [
        'sys_time mknod',
        [
          { name: 'sys_time', number: 25 },
          { name: 'mknod', number: 27 },
        ],
      ],
      ['21', [{ name: 'sys_admin', number: 21 }]],
      ['55', [{ name: '55', number: 55 }]],
    ],
    bad: [
      ['sys_tmie', 'did you mean "sys_time"?'],
      ['CAP_SYS_TIME', 'did you mean "sys_time"?'],
      ['64', '"64" is not a capability'],
      ['none', '"none" is not a capability'],
    ],
  },
  {
    key: 'lxc.cap.keep',
    good: [
      ['chown', [{ name: 'chown', number: 0 }]],
      ['none', []],
      ['kill none chown', [{ name: 'chown', number: 0 }]],
    ],
    bad: [['everything', '"everything" is not a capability']],
  },
  flagCase('lxc.no_new_privs'),
  flagCase('lxc.keyring.session'),
  flagCase('lxc.sched.core'),
  textCase('lxc.apparmor.profile', 'unconfined'),
  flagCase('lxc.apparmor.allow_incomplete'),
  flagCase('lxc.apparmor.allow_nesting'),
  textCase('lxc.apparmor.raw', 'mount options=(rw, move),'),
  textCase('lxc.selinux.context', 'system_u:system_r:lxc_t:s0:c22'),
  textCase('lxc.selinux.context.keyring', 'system_u:system_r:lxc_t:s0:c22'),
  textCase('lxc.seccomp.profile', '/usr/share/lxc/config/common.seccomp'),
  flagCase('lxc.seccomp.allow_nesting'),
  {
    key: 'lxc.seccomp.notify.proxy',
    good: [
      ['unix:/run/proxy', '/run/proxy'],
      ['unix:@proxy', '@proxy'],
    ],
    bad: [
      ['/run/proxy', 'it does not start with "unix:"'],
      ['unix:', 'it does not start with "unix:"'],
    ],
  },
  textCase('lxc.seccomp.notify.cookie', 'biscuit'),
  textCase('lxc.cgroup.memory.limit_in_bytes', '256M'),
  textCase('lxc.cgroup2.memory.max', '256M'),
  ...deviceCases('lxc.cgroup'),
  ...deviceCases('lxc.cgroup2'),
  cgroupPathCase('lxc.cgroup.dir'),
  cgroupPathCase('lxc.cgroup.dir.container'),
  cgroupPathCase('lxc.cgroup.dir.monitor'),
  cgroupPathCase('lxc.cgroup.dir.monitor.pivot'),
  {
    key: 'lxc.cgroup.dir.container.inner',
    good: [['inner', 'inner']],
    bad: [
      ['a/b', 'it is not the name of one directory'],
      ['..', 'it is not the name of one directory'],
    ],
  },
  flagCase('lxc.cgroup.relative'),
  ...['nofile', 'core', 'memlock', 'nproc'].map(
    (name): Case => ({
      key: `lxc.prlimit.${name}`,
      good: [
        ['1024', { soft: 1024n, hard: 1024n }],
        ['10 : 20', { soft: 10n, hard: 20n }],
        ['unlimited', { soft: 'unlimited', hard: 'unlimited' }],
        ['0:unlimited', { soft: 0n, hard: 'unlimited' }],
        ['18446744073709551614:18446744073709551615', { soft: 2n ** 64n - 2n, hard: 'unlimited' }],
      ],
      bad: [
        ['20:10', 'the soft limit is above the hard limit'],
        ['0x10', '"0x10" is neither a number nor "unlimited"'],
        ['-1', '"-1" is neither a number nor "unlimited"'],
        ['1:2:3', 'it has more than two parts'],
        ['18446744073709551616', 'is neither a number nor "unlimited"'],
      ],
    }),
  ),
  textCase('lxc.sysctl.net.ipv4.ip_forward', '1'),
  textCase('lxc.proc.oom_score_adj', '10'),
];
