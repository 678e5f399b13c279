/** The root file system and what is mounted in it. */

import { existsSync, mkdirSync, rmdirSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { expect } from 'vitest';
import { lxc, run } from './harness/commands.ts';
import { mountOn, mountsOf } from './harness/probe.ts';
import { test } from './harness/suite.ts';

test('The root file system is a mount of its own and the old root is gone', async (scope) => {
  const foo = scope.container();
  await foo.start();
  const seen = await foo.probe();
  expect(mountOn(seen, '/')?.root).toBe(`/${foo.name}/rootfs`);
  expect(mountsOf(seen).filter((mount) => mount.target.includes('lxc/rootfs'))).toEqual([]);
  expect(mountsOf(seen).map((mount) => mount.target)).not.toContain('/var/lib/lxc');
});

test('A path without dir: is a directory', async (scope) => {
  const foo = scope.container({ config: ['lxc.rootfs.path = $ROOTFS', 'lxc.uts.name = plain'] });
  await foo.start();
  expect((await foo.probe()).hostname).toBe('plain');
});

test('lxc.rootfs.options = ro makes the root read-only', async (scope) => {
  const foo = scope.container({ config: ['lxc.rootfs.options = ro', 'lxc.init.cmd = /bin/sleep 1000'] });
  await foo.start();
  const refused = await foo.attach(['/bin/touch', '/out/x']);
  expect(refused.status).toBe(1);
  expect(refused.stderr).toContain('Read-only file system');
});

test('lxc.rootfs.mount is the place where the root is built', async (scope) => {
  const place = scope.directory();
  const foo = scope.container({ config: [`lxc.rootfs.mount = ${place}`, 'lxc.hook.mount = $DIR/hook'] });
  writeFileSync(`${foo.dir}/hook`, `#!/bin/sh\ntest -x ${place}/probe && touch ${place}/out/was-there\n`, {
    mode: 0o755,
  });
  await foo.start();
  await foo.probe();
  expect(foo.read('out/was-there')).toBe('');
});

test('Without a root file system the tree of the host is shared, in a mount namespace of its own', async (scope) => {
  const foo = scope.container({
    bare: true,
    config: ['lxc.init.cmd = /bin/sleep 1000', 'lxc.autodev = 0'],
  });
  await foo.start();
  const pid = await foo.initPid();
  expect(statSync(`/proc/${pid}/root/etc`).ino).toBe(statSync('/etc').ino);
  expect(foo.namespace('mnt', pid)).not.toBe(foo.namespace('mnt', process.pid));
});

test('lxc.mount.entry binds a directory, read-only, and makes the target', async (scope) => {
  const source = scope.directory();
  writeFileSync(`${source}/file`, 'from the host');
  const foo = scope.container({
    config: [
      `lxc.mount.entry = ${source} srv/data none bind,ro,create=dir 0 0`,
      `lxc.mount.entry = ${source}/file etc/one none bind,create=file 0 0`,
    ],
  });
  await foo.start();
  const seen = await foo.probe();
  expect(mountOn(seen, '/srv/data')?.options).toContain('ro');
  expect(mountOn(seen, '/etc/one')?.options).toContain('rw');
  expect((await foo.attach(['/bin/cat', '/srv/data/file', '/etc/one'])).stdout).toBe(
    'from the hostfrom the host',
  );
  expect((await foo.attach(['/bin/touch', '/srv/data/new'])).stderr).toContain('Read-only file system');
});

test('Flags of lxc.mount.entry reach the kernel', async (scope) => {
  const foo = scope.container({
    config: ['lxc.mount.entry = tmpfs srv tmpfs nosuid,nodev,noexec,size=64k,mode=0750 0 0'],
  });
  await foo.start();
  const mount = mountOn(await foo.probe(), '/srv');
  expect(mount?.options).toEqual(expect.arrayContaining(['rw', 'nosuid', 'nodev', 'noexec']));
  expect(mount?.superOptions).toEqual(expect.arrayContaining(['size=64k', 'mode=750']));
});

test('An optional lxc.mount.entry that fails does not stop the start', async (scope) => {
  const foo = scope.container({
    config: [
      'lxc.mount.entry = /nosuch/source srv none bind,optional 0 0',
      'lxc.mount.entry = tmpfs mnt tmpfs defaults',
    ],
  });
  await foo.start();
  const seen = await foo.probe();
  expect(mountOn(seen, '/srv')).toBeUndefined();
  expect(mountOn(seen, '/mnt')?.fstype).toBe('tmpfs');
});

test('A lxc.mount.entry that fails stops the start', async (scope) => {
  const foo = scope.container({ config: ['lxc.mount.entry = /nosuch/source srv none bind 0 0'] });
  expect((await foo.run('start', ['-d'])).status).toBe(1);
  expect(await foo.state()).toBe('STOPPED');
});

test('A relative source is looked up below the root file system', async (scope) => {
  const foo = scope.container({ config: ['lxc.mount.entry = etc srv none bind,relative 0 0'] });
  await foo.start();
  await foo.probe();
  expect((await foo.attach(['/bin/ls', '/srv/passwd'])).status).toBe(0);
});

test('rbind takes the mounts below along', async (scope) => {
  const source = scope.directory();
  mkdirSync(`${source}/below`);
  const foo = scope.container({
    config: [
      'lxc.hook.pre-mount = $DIR/hook',
      `lxc.mount.entry = ${source} srv none rbind 0 0`,
      `lxc.mount.entry = ${source} mnt none bind 0 0`,
    ],
  });
  writeFileSync(`${foo.dir}/hook`, `#!/bin/sh\nmount -t tmpfs inner ${source}/below\n`, { mode: 0o755 });
  await foo.start();
  const seen = await foo.probe();
  expect(mountOn(seen, '/srv/below')?.source).toBe('inner');
  expect(mountOn(seen, '/mnt/below')).toBeUndefined();
});

test('A slave mount sees what the host mounts later and a private one does not', async (scope) => {
  const source = scope.directory();
  mkdirSync(`${source}/later`);
  await run('mount', ['--bind', source, source]);
  await run('mount', ['--make-shared', source]);
  scope.defer(async () => {
    await run('umount', ['-R', '-l', source]);
  });
  const foo = scope.container({
    config: [
      `lxc.mount.entry = ${source} srv none bind,rslave 0 0`,
      `lxc.mount.entry = ${source} mnt none bind,rprivate 0 0`,
    ],
  });
  await foo.start();
  await foo.probe();
  await run('mount', ['-t', 'tmpfs', 'later', `${source}/later`]);
  const seen = await foo.attachedProbe();
  expect(mountOn(seen, '/srv/later')?.source).toBe('later');
  expect(mountOn(seen, '/mnt/later')).toBeUndefined();
});

test('lxc.mount.fstab is mounted before the entries and knows escapes and comments', async (scope) => {
  const foo = scope.container({
    config: ['lxc.mount.fstab = $DIR/fstab', 'lxc.mount.entry = second srv tmpfs defaults 0 0'],
  });
  mkdirSync(`${foo.rootfs}/with blank`);
  writeFileSync(
    `${foo.dir}/fstab`,
    '# comment\n\nfirst srv tmpfs defaults 0 0\nblank with\\040blank tmpfs defaults 0 0\n',
  );
  await foo.start();
  const seen = await foo.probe();
  expect(
    mountsOf(seen)
      .filter((mount) => mount.target === '/srv')
      .map((mount) => mount.source),
  ).toEqual(['first', 'second']);
  expect(seen.mountinfo).toContain('/with\\040blank ');
});

test('An absolute target below the root file system is honoured', async (scope) => {
  const foo = scope.container({ config: ['lxc.mount.entry = inside $ROOTFS/srv tmpfs defaults 0 0'] });
  await foo.start();
  expect(mountOn(await foo.probe(), '/srv')?.source).toBe('inside');
});

test('A symbolic link in the root file system never leads a mount out of it', async (scope) => {
  const outside = scope.directory();
  mkdirSync(`${outside}/target`);
  const foo = scope.container({ config: ['lxc.mount.entry = evil link/target tmpfs defaults 0 0'] });
  symlinkSync(outside, `${foo.rootfs}/link`);
  expect((await foo.run('start', ['-d'])).status).toBe(1);
  expect(await foo.state()).toBe('STOPPED');
});

test('lxc.mount.auto = proc protects /proc/sys and /proc/sysrq-trigger', async (scope) => {
  const foo = scope.container({ config: ['lxc.mount.auto = proc:mixed'] });
  await foo.start();
  const seen = await foo.probe();
  expect(mountOn(seen, '/proc')?.options).toEqual(
    expect.arrayContaining(['rw', 'nosuid', 'nodev', 'noexec']),
  );
  expect(mountOn(seen, '/proc/sys')?.options).toContain('ro');
  if (existsSync('/proc/sysrq-trigger')) {
    expect(mountOn(seen, '/proc/sysrq-trigger')?.options).toContain('ro');
  }
  expect(mountOn(seen, '/proc/sys/net')?.options).toContain('rw');
});

test('lxc.mount.auto = proc:rw leaves /proc writable', async (scope) => {
  const foo = scope.container({ config: ['lxc.mount.auto = proc:rw'] });
  await foo.start();
  const seen = await foo.probe();
  expect(mountOn(seen, '/proc')?.options).toEqual(
    expect.arrayContaining(['rw', 'nosuid', 'nodev', 'noexec']),
  );
  expect(mountOn(seen, '/proc/sys')).toBeUndefined();
});

test('lxc.mount.auto = sys:ro, sys:rw and sys:mixed mount /sys so', async (scope) => {
  for (const [token, option] of [
    ['sys:ro', 'ro'],
    ['sys:rw', 'rw'],
    ['sys:mixed', 'ro'],
  ] as const) {
    const foo = scope.container({ config: [`lxc.mount.auto = ${token}`] });
    await foo.start();
    const seen = await foo.probe();
    const mount = mountsOf(seen).find((one) => one.target === '/sys');
    expect(mount?.fstype).toBe('sysfs');
    expect(mount?.options).toContain(option);
    expect(mountOn(seen, '/sys/devices/virtual/net') !== undefined).toBe(token === 'sys:mixed');
    await foo.stop();
  }
});

test('lxc.mount.auto makes the directories that it needs', async (scope) => {
  const foo = scope.container({
    config: ['lxc.mount.auto = proc:mixed sys:mixed', 'lxc.init.cmd = /bin/sleep 1000'],
  });
  rmdirSync(`${foo.rootfs}/proc`);
  rmdirSync(`${foo.rootfs}/sys`);
  await foo.start();
  expect(existsSync(`${foo.rootfs}/proc`) && existsSync(`${foo.rootfs}/sys`)).toBe(true);
});

test('lxc.mount.auto = cgroup:mixed:force shows the own cgroup of each controller', async (scope) => {
  const foo = scope.container({ config: ['lxc.mount.auto = proc sys cgroup:mixed:force'] });
  await foo.start();
  const seen = await foo.probe();
  expect(mountOn(seen, '/sys/fs/cgroup')?.fstype).toBe('tmpfs');
  const memory = mountOn(seen, '/sys/fs/cgroup/memory');
  expect(memory?.fstype).toBe('cgroup');
  expect((await foo.attach(['/bin/ls', '/sys/fs/cgroup/memory/cgroup.procs'])).status).toBe(0);
  expect((await foo.attach(['/bin/cat', '/sys/fs/cgroup/memory/cgroup.procs'])).stdout).toContain('1\n');
});

test('lxc.mount.auto = cgroup:ro:force shows them read-only', async (scope) => {
  const foo = scope.container({ config: ['lxc.mount.auto = proc sys cgroup:ro:force'] });
  await foo.start();
  await foo.probe();
  const refused = await foo.attach(['/bin/mkdir', '/sys/fs/cgroup/memory/x']);
  expect(refused.stderr).toContain('Read-only file system');
});

test('lxc.mount.auto = cgroup:rw:force lets the container make cgroups', async (scope) => {
  const foo = scope.container({ config: ['lxc.mount.auto = proc sys cgroup:rw:force'] });
  await foo.start();
  await foo.probe();
  expect((await foo.attach(['/bin/mkdir', '/sys/fs/cgroup/memory/x'])).status).toBe(0);
  expect(existsSync(`${foo.cgroupDir('memory')}/x`)).toBe(true);
});

test('lxc.mount.auto = cgroup is left to init where it has a cgroup namespace and CAP_SYS_ADMIN', async (scope) => {
  const foo = scope.container({ config: ['lxc.mount.auto = proc sys cgroup:mixed'] });
  await foo.start();
  const seen = await foo.probe();
  expect(mountOn(seen, '/sys/fs/cgroup/memory')).toBeUndefined();
});

test('An unknown token of lxc.mount.auto is refused', async (scope) => {
  const foo = scope.container({ config: ['lxc.mount.auto = proc:bogus'] });
  const refused = await lxc('start', ['-n', foo.name, '-d']);
  expect(refused.status).toBe(1);
});
