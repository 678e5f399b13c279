import { describe, expect, test } from 'vitest';
import { hookCommands } from '../../../src/plan/index.ts';
import { sysctlPath } from '../../../src/plan/init.ts';
import { mountFlags, ms } from '../../../src/plan/mount-flags.ts';
import { splitCommand } from '../../../src/plan/words.ts';
import { caller, config, minimal } from './fixture.ts';

describe('hooks on the host', () => {
  const lines = [...minimal, 'lxc.hook.stop = /bin/stop it', 'lxc.hook.post-stop = p', 'lxc.hook.clone = c'];
  const namespaces = new Map([
    ['mnt', '/proc/7/fd/3'],
    ['net', '/proc/7/fd/4'],
  ]);

  test('of version 0 get name, section, type and namespaces as arguments', () => {
    const [hook] = hookCommands(config(...lines), caller, 'stop', { target: 'stop', namespaces });
    expect(hook?.text).toBe("exec /bin/stop it 'web' 'lxc' 'stop' 'mnt:/proc/7/fd/3' 'net:/proc/7/fd/4'");
    expect(hook?.env).toContain('LXC_TARGET=stop');
    expect(hook?.env).toContain('LXC_HOOK_VERSION=0');
    expect(hook?.why).toEqual({
      key: 'lxc.hook.stop',
      origin: { file: 'web.conf', line: 4 },
      act: 'run the stop hook /bin/stop it',
    });
  });

  test('of version 1 get them as variables', () => {
    const configured = config(...lines, 'lxc.hook.version = 1');
    const [hook] = hookCommands(configured, caller, 'stop', { target: 'reboot', namespaces });
    expect(hook?.text).toBe('exec /bin/stop it');
    expect(hook?.env).toEqual(
      expect.arrayContaining([
        'LXC_HOOK_TYPE=stop',
        'LXC_HOOK_SECTION=lxc',
        'LXC_MNT_NS=/proc/7/fd/3',
        'LXC_NET_NS=/proc/7/fd/4',
        'LXC_TARGET=reboot',
      ]),
    );
  });

  test('get the environment of the caller and the facts of the container', () => {
    const [hook] = hookCommands(config(...lines), caller, 'post-stop', { initPid: 12 });
    expect(hook?.env).toEqual([
      'PATH=/usr/bin:/bin',
      'TERM=xterm',
      'LXC_NAME=web',
      'LXC_CONFIG_FILE=/var/lib/lxc/web/config',
      'LXC_ROOTFS_MOUNT=/run/lxc-rootfs',
      'LXC_ROOTFS_PATH=/srv/root',
      'LXC_CGNS_AWARE=1',
      'LXC_LOG_LEVEL=ERROR',
      'LXC_HOOK_VERSION=0',
      'LXC_PID=12',
    ]);
  });

  test('do not see the variables of the container', () => {
    const [hook] = hookCommands(config(...lines, 'lxc.environment = A=1'), caller, 'post-stop');
    expect(hook?.env).not.toContain('A=1');
  });

  test('get further arguments at the end, quoted for the shell', () => {
    const [hook] = hookCommands(config(...lines), caller, 'clone', { source: 'old', extra: ["it's"] });
    expect(hook?.text).toBe("exec c 'web' 'lxc' 'clone' 'it'\\''s'");
    expect(hook?.env).toContain('LXC_SRC_NAME=old');
  });
});

describe('a command line', () => {
  test.each([
    ['/sbin/init', ['/sbin/init']],
    ['  a   b\tc ', ['a', 'b', 'c']],
    ['sh -c "echo one; echo two"', ['sh', '-c', 'echo one; echo two']],
    ["a 'b  c'd", ['a', 'b  cd']],
    ['a\\ b "c\\"d" \'\'', ['a b', 'c"d', '']],
    ['', []],
  ])('%s has the words %j', (line, words) => {
    expect(splitCommand(line)).toEqual(words);
  });
});

describe('mount options', () => {
  test.each([
    ['ro,bind', ms.rdonly | ms.bind, 0, ''],
    ['rbind,rslave', ms.bind | ms.rec, ms.slave | ms.rec, ''],
    ['defaults', 0, 0, ''],
    ['ro,rw', 0, 0, ''],
    ['nosuid,size=1m,mode=755', ms.nosuid, 0, 'size=1m,mode=755'],
    ['nofail,x-systemd.automount,noatime', ms.noatime, 0, ''],
  ])('%s', (options, flags, propagation, data) => {
    expect(mountFlags(options.split(','))).toEqual({ flags, propagation, data });
  });
});

test.each([
  ['net.ipv4.ip_forward', 'net/ipv4/ip_forward'],
  ['net.ipv4.conf.eth0/100.rp_filter', 'net/ipv4/conf/eth0.100/rp_filter'],
  ['net/ipv4/conf/eth0.100/rp_filter', 'net/ipv4/conf/eth0.100/rp_filter'],
])('the kernel parameter %s is the file %s', (name, path) => {
  expect(sysctlPath(name)).toBe(path);
});
