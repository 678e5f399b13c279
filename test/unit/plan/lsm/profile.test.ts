import { describe, expect, test } from 'vitest';
import { type ProfileWish, profileText } from '../../../../src/plan/lsm/profile.ts';
import { matches } from './patterns.ts';

const plain: ProfileWish = {
  name: 'lxc-web_</var/lib/lxc>',
  namespace: undefined,
  nesting: false,
  mapped: false,
  raw: [],
};

function rulesOf(wish: Partial<ProfileWish> = {}): readonly string[] {
  return profileText({ ...plain, ...wish })
    .split('\n')
    .flatMap((line) => /^ {2}([^#].*),$/.exec(line)?.[1] ?? []);
}

function isDenied(path: string, access: string, wish: Partial<ProfileWish> = {}): boolean {
  return rulesOf(wish).some((rule) => {
    const [, pattern, modes = ''] = /^deny (\/\S+) (\w+)$/.exec(rule) ?? [];
    return pattern !== undefined && modes.includes(access) && matches(pattern, path);
  });
}

function mayBind(source: string, wish: Partial<ProfileWish> = {}): boolean {
  return rulesOf(wish).some((rule) => {
    const pattern = /^mount options=\(rw, bind\)(?: (\S+))?$/.exec(rule);
    return pattern !== null && matches(pattern[1] ?? '**', source);
  });
}

describe('a generated profile', () => {
  test('has its name, and goes on where a path leads out of the root', () => {
    expect(profileText(plain)).toMatch(
      /^profile "lxc-web_<\/var\/lib\/lxc>" flags=\(attach_disconnected,mediate_deleted\) \{\n/,
    );
  });

  test.each([
    '/proc/sys/kernel/core_pattern',
    '/proc/sys/vm/drop_caches',
    '/proc/sys/fs/binfmt_misc/register',
    '/proc/sysrq-trigger',
    '/proc/kcore',
    '/sys/kernel/security/apparmor/.load',
    '/sys/module/kvm/parameters/x',
    '/sys/devices/system/cpu/cpu0/online',
    '/sys/firmware/efi/efivars/x',
    '/sys/kernel/debug/x',
  ])('lets nobody write to %s', (path) => expect(isDenied(path, 'w')).toBe(true));

  test.each([
    '/proc/sys/kernel/hostname',
    '/proc/sys/kernel/shmmax',
    '/proc/sys/net/ipv4/ip_forward',
    '/proc/self/oom_score_adj',
    '/sys/fs/cgroup/memory/x/tasks',
    '/sys/devices/virtual/net/eth0/mtu',
    '/etc/passwd',
  ])('lets the container write to %s', (path) => expect(isDenied(path, 'w')).toBe(false));

  test('lets settings be read, but for what tells of the host', () => {
    expect(isDenied('/proc/sys/kernel/core_pattern', 'r')).toBe(false);
    expect(isDenied('/sys/devices/system/cpu/online', 'r')).toBe(false);
    expect(isDenied('/proc/kcore', 'r')).toBe(true);
  });

  test('lets nobody give /proc and /sys another name', () => {
    for (const path of ['/proc', '/proc/', '/proc/sys/kernel', '/sys/', '/dev/.lxc/proc/', '/dev/', '/'])
      expect(mayBind(path)).toBe(false);
    for (const path of ['/srv', '/srv/', '/process/x', '/dev/shm/', '/dev/.lxd', '/system/sys'])
      expect(mayBind(path)).toBe(true);
  });

  test('with a namespace lets the container load profiles there', () => {
    const wish = { namespace: 'lxc-web_<-var-lib-lxc>' };
    expect(isDenied('/sys/kernel/security/apparmor/.load', 'w', wish)).toBe(false);
    expect(isDenied('/sys/kernel/security/integrity/ima/policy', 'w', wish)).toBe(true);
    expect(rulesOf(wish)).toContain('change_profile -> ":lxc-web_<-var-lib-lxc>:*"');
    expect(rulesOf().filter((rule) => rule.startsWith('change_profile'))).toEqual([]);
  });

  test('lets containers inside change the root and mount what they need', () => {
    expect(rulesOf()).not.toContain('pivot_root');
    expect(rulesOf({ nesting: true })).toEqual(
      expect.arrayContaining(['pivot_root', 'mount options=(rw, bind)', 'deny /dev/.lxc/proc/** rw']),
    );
  });

  test('trusts the root of a user namespace with mounts', () => {
    expect(mayBind('/proc/', { mapped: true })).toBe(true);
    expect(rulesOf({ mapped: true })).toContain('pivot_root');
  });

  test('ends with the raw lines, each a rule whether it has a comma or not', () => {
    expect(rulesOf({ raw: ['mount fstype=ext4,', '  deny /x w'] }).slice(-2)).toEqual([
      'mount fstype=ext4',
      'deny /x w',
    ]);
  });

  test('takes a name literally', () => {
    const text = profileText({ ...plain, name: 'lxc-a*[b]"_<x>' });
    expect(text).toContain('profile "lxc-a\\*\\[b\\]\\"_<x>" ');
  });
});
