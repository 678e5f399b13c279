import { type Case, countCase, flagCase, signalCase, sizeCase, textCase } from './case.ts';

const idCase = (key: string): Case => ({ ...countCase(key) });

export const processCases: readonly Case[] = [
  {
    key: 'lxc.arch',
    good: [
      ['x86_64', { name: 'x86_64', bits: 64 }],
      ['i686', { name: 'i686', bits: 32 }],
      ['armv7l', { name: 'armv7l', bits: 32 }],
      ['loongarch64', { name: 'loongarch64', bits: 64 }],
    ],
    bad: [
      ['x86-64', 'did you mean "x86_64"?'],
      ['pdp11', 'it is not one of arm'],
    ],
  },
  {
    key: 'lxc.uts.name',
    good: [
      ['foo23', 'foo23'],
      ['a'.repeat(64), 'a'.repeat(64)],
    ],
    bad: [['a'.repeat(65), 'the limit is 64']],
  },
  textCase('lxc.init.cmd', '/sbin/init --flag'),
  {
    key: 'lxc.init.cwd',
    good: [['/srv', '/srv']],
    bad: [['srv', 'it is not an absolute path']],
  },
  idCase('lxc.init.uid'),
  idCase('lxc.init.gid'),
  {
    key: 'lxc.init.groups',
    good: [
      ['10', [10]],
      ['10,20, 0x1e', [10, 20, 30]],
    ],
    bad: [
      ['10,', '"" is not an id'],
      ['wheel', '"wheel" is not an id'],
    ],
  },
  textCase('lxc.execute.cmd', '/bin/sh -c "true"'),
  flagCase('lxc.ephemeral'),
  signalCase('lxc.signal.halt'),
  signalCase('lxc.signal.reboot'),
  signalCase('lxc.signal.stop'),
  signalCase('lxc.monitor.signal.pdeath'),
  countCase('lxc.monitor.unshare'),
  ...['lxc.environment', 'lxc.environment.runtime', 'lxc.environment.hooks'].map(
    (key): Case => ({
      key,
      good: [
        ['A=b', { name: 'A', value: 'b' }],
        ['A=', { name: 'A', value: '' }],
        ['A=b=c', { name: 'A', value: 'b=c' }],
        ['GIVEN', { name: 'GIVEN', value: 'by the caller' }],
        ['MISSING', { name: 'MISSING', value: undefined }],
      ],
      bad: [['=b', 'the name of the variable is empty']],
    }),
  ),
  flagCase('lxc.start.auto'),
  countCase('lxc.start.delay'),
  {
    key: 'lxc.start.order',
    good: [
      ['-5', -5],
      ['+5', 5],
      ['2147483647', 2_147_483_647],
    ],
    bad: [
      ['2147483648', 'it is not between'],
      ['first', 'it is not a whole number'],
    ],
  },
  {
    key: 'lxc.group',
    good: [
      ['web', ['web']],
      ['web \t db', ['web', 'db']],
    ],
    bad: [['web\0', 'NUL']],
  },
  {
    key: 'lxc.log.level',
    good: [
      ['DEBUG', 'DEBUG'],
      ['warn', 'WARN'],
      ['0', 'TRACE'],
      ['8', 'FATAL'],
    ],
    bad: [
      ['9', 'it is not one of TRACE'],
      ['DEBIG', 'did you mean "DEBUG"?'],
    ],
  },
  textCase('lxc.log.file', '/var/log/foo.log'),
  {
    key: 'lxc.log.syslog',
    good: [
      ['daemon', 'daemon'],
      ['local7', 'local7'],
    ],
    bad: [
      ['local8', 'it is not one of daemon'],
      ['kern', 'it is not one of daemon'],
    ],
  },
  countCase('lxc.tty.max'),
  {
    key: 'lxc.tty.dir',
    good: [['lxc', 'lxc']],
    bad: [['d'.repeat(256), 'the limit is 255']],
  },
  countCase('lxc.pty.max'),
  textCase('lxc.console.path', 'none'),
  textCase('lxc.console.logfile', '/var/log/console.log'),
  sizeCase('lxc.console.buffer.size'),
  sizeCase('lxc.console.size'),
  flagCase('lxc.console.rotate'),
  {
    key: 'lxc.hook.version',
    good: [
      ['0', 0],
      ['1', 1],
    ],
    bad: [['2', 'it is not between 0 and 1']],
  },
  ...[
    'pre-start',
    'pre-mount',
    'mount',
    'autodev',
    'start-host',
    'start',
    'stop',
    'post-stop',
    'clone',
    'destroy',
  ].map((hook) => textCase(`lxc.hook.${hook}`, '/usr/share/lxc/hooks/x "an argument"')),
  {
    key: 'lxcts.lxcfs',
    good: [
      ['auto', 'auto'],
      ['off', 'off'],
      ['required', 'required'],
      ['meminfo /proc/cpuinfo', ['proc/meminfo', 'proc/cpuinfo']],
      ['/sys/devices/system/cpu pressure/io cpu', ['sys/devices/system/cpu', 'proc/pressure/io']],
    ],
    bad: [
      ['a\0', 'NUL'],
      ['meminof', 'did you mean "meminfo"?'],
      ['/proc/cmdline', 'it has cpuinfo'],
    ],
  },
  {
    key: 'lxcts.sysinfo',
    good: [
      ['auto', 'auto'],
      ['off', 'off'],
    ],
    bad: [['on', 'auto']],
  },
  {
    key: 'lxcts.log.size',
    good: [
      ['4096', 4096],
      ['1MB', 1_048_576],
    ],
    bad: [['much', 'it is not a size']],
  },
];
