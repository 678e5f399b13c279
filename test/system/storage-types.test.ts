/** lxc-create, lxc-copy and lxc-snapshot on storage that is no directory: images, btrfs, overlays, and by programs. */

import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, truncateSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test as vitestTest } from 'vitest';
import { cLxc, lxc } from './harness/commands.ts';
import { eventually } from './harness/eventually.ts';
import type { Scope } from './harness/scope.ts';
import { test, testOurs } from './harness/suite.ts';

function must(file: string, ...args: string[]): string {
  const done = spawnSync(file, args, { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`Failed to run ${file} ${args.join(' ')}: ${done.stderr}`);
  return done.stdout.trim();
}

/** A container path, and a name in it for what is made. */
function nameIn(scope: Scope, path = '/var/lib/lxc'): string {
  scope.file('/etc/lxc/default.conf', 'lxc.net.0.type = empty\n');
  const name = scope.name();
  scope.defer(async () => {
    await lxc('destroy', ['-n', name, '-P', path, '-f', '-s']);
    rmSync(`${path}/${name}`, { recursive: true, force: true });
  });
  return name;
}

const success = { stdout: '', stderr: '', status: 0 };

function rootfsOf(name: string, path = '/var/lib/lxc'): string {
  return /^lxc\.rootfs\.path = (.*)$/m.exec(readFileSync(`${path}/${name}/config`, 'utf8'))?.[1] ?? '';
}

function loopsBelow(directory: string): string[] {
  return readdirSync('/sys/block').filter((name) => {
    const file = `/sys/block/${name}/loop/backing_file`;
    return existsSync(file) && readFileSync(file, 'utf8').startsWith(directory);
  });
}

async function runs(name: string, path = '/var/lib/lxc'): Promise<void> {
  const where = ['-n', name, '-P', path];
  expect((await lxc('start', where)).status).toBe(0);
  expect((await lxc('attach', [...where, '--', 'hostname'])).stdout).toBe(`${name}\n`);
  expect((await lxc('stop', [...where, '-k'])).status).toBe(0);
}

test('lxc-create -B loop fills an image, which is copied into another and into a directory', async (scope) => {
  const name = nameIn(scope);
  const args = ['-t', 'busybox', '-B', 'loop', '--fssize', '48M', '--fstype', 'ext4'];
  expect((await lxc('create', ['-n', name, ...args])).status).toBe(0);
  const image = `/var/lib/lxc/${name}/rootdev`;
  expect(rootfsOf(name)).toBe(`loop:${image}`);
  expect(statSync(image).blocks * 512).toBeLessThan(48 * 1024 * 1024);
  await runs(name);
  const [copy, tree] = [nameIn(scope), nameIn(scope)];
  expect((await lxc('copy', ['-n', name, '-N', copy, '-L', '64M'])).status).toBe(0);
  expect(rootfsOf(copy)).toBe(`loop:/var/lib/lxc/${copy}/rootdev`);
  await runs(copy);
  expect((await lxc('copy', ['-n', name, '-N', tree, '-B', 'dir'])).status).toBe(0);
  await runs(tree);
  await eventually(() => loopsBelow('/var/lib/lxc/').length === 0, 'the loop devices are free');
  expect((await lxc('copy', ['-n', name, '-N', scope.name(), '-s'])).status).toBe(1);
  expect((await lxc('destroy', ['-n', name])).status).toBe(0);
  expect(existsSync(image)).toBe(false);
});

test('lxc-create -B overlay leaves what the template made as it is', async (scope) => {
  const name = nameIn(scope);
  expect((await lxc('create', ['-n', name, '-t', 'busybox', '-B', 'overlay'])).status).toBe(0);
  const home = `/var/lib/lxc/${name}`;
  expect(rootfsOf(name)).toBe(`overlay:${home}/rootfs:${home}/overlay/delta`);
  expect(existsSync(`${home}/rootfs/sbin/init`)).toBe(true);
  await runs(name);
  expect((await lxc('destroy', ['-n', name])).status).toBe(0);
  expect(existsSync(home)).toBe(false);
});

test('A file system that cannot be made leaves nothing', async (scope) => {
  const name = nameIn(scope);
  for (const args of [
    ['-B', 'loop', '--fstype', 'nosuch'],
    ['-B', 'btrfs'],
    ['-B', 'lvm'],
    ['-B', 'zfs'],
    ['-B', 'rbd'],
    ['-B', 'nbd'],
  ]) {
    expect((await lxc('create', ['-n', name, '-t', 'busybox', ...args])).status).toBe(1);
    rmSync(`/var/lib/lxc/${name}/partial`, { force: true });
  }
});

testOurs(
  'What is missing for a kind of storage is named',
  'C LXC leaves a directory behind',
  async (scope) => {
    const name = nameIn(scope);
    for (const [type, message] of [
      ['lvm', /there is no program lvcreate; install lvm2|lvcreate ended/],
      ['zfs', /there is no program zfs; install zfsutils-linux|zfs ended/],
      ['rbd', /there is no program rbd; install ceph-common|rbd ended/],
      ['btrfs', /there is no program btrfs; install btrfs-progs|not a btrfs/],
      ['nbd', /lxc-create makes none/],
    ] as const) {
      const { status, stderr } = await lxc('create', ['-n', name, '-t', 'busybox', '-B', type]);
      expect(status).toBe(1);
      expect(stderr).toMatch(message);
      expect(existsSync(`/var/lib/lxc/${name}`)).toBe(false);
    }
  },
);

const hasBtrfs =
  spawnSync('mkfs.btrfs', ['--version']).status === 0 &&
  /\bbtrfs$/m.test(readFileSync('/proc/filesystems', 'utf8'));

function btrfsPath(scope: Scope): string {
  const image = scope.file(join(scope.directory(), 'btrfs.img'), '');
  truncateSync(image, 160 * 1024 * 1024);
  must('mkfs.btrfs', '-q', image);
  const at = scope.directory();
  must('mount', '-o', 'loop', image, at);
  scope.defer(() => void must('umount', at));
  return at;
}

const onBtrfs = 'On btrfs containers are subvolumes, and copies are snapshots of them';
if (!hasBtrfs) vitestTest.skip(`${onBtrfs} (needs mkfs.btrfs and a kernel with btrfs)`, () => undefined);
else
  test(onBtrfs, async (scope) => {
    const at = btrfsPath(scope);
    const subvolumes = () => must('btrfs', 'subvolume', 'list', at).split('\n').filter(Boolean).length;
    const [name, copy] = [nameIn(scope, at), nameIn(scope, at)];
    const where = ['-n', name, '-P', at];
    expect((await lxc('create', [...where, '-t', 'busybox', '-B', 'best'])).status).toBe(0);
    expect(rootfsOf(name, at)).toBe(`btrfs:${at}/${name}/rootfs`);
    expect((await lxc('copy', [...where, '-N', copy, '-s'])).status).toBe(0);
    expect(rootfsOf(copy, at)).toBe(`btrfs:${at}/${copy}/rootfs`);
    expect(subvolumes()).toBe(2);
    expect(existsSync(`${at}/${name}/lxc_snapshots`)).toBe(false);
    await runs(copy, at);
    expect(await lxc('snapshot', where)).toEqual(success);
    rmSync(`${at}/${name}/rootfs/sbin/init`);
    expect(await lxc('snapshot', [...where, '-r', 'snap0'])).toEqual(success);
    expect(subvolumes()).toBe(3);
    await runs(name, at);
    expect(await lxc('destroy', [...where, '-s'])).toEqual(success);
    expect((await lxc('destroy', ['-n', copy, '-P', at])).status).toBe(0);
    expect(must('btrfs', 'subvolume', 'list', at)).toBe('');
  });

testOurs(
  'An image that C LXC made is a container of ours, and ours is theirs',
  'it mixes the two',
  async (scope) => {
    const args = ['-t', 'busybox', '-B', 'loop', '--fssize', '48M'];
    for (const [make, use] of [
      [cLxc, lxc],
      [lxc, cLxc],
    ] as const) {
      const name = nameIn(scope);
      expect((await make('create', ['-n', name, ...args])).status).toBe(0);
      expect((await use('start', ['-n', name])).status).toBe(0);
      expect((await use('attach', ['-n', name, '--', 'hostname'])).stdout).toBe(`${name}\n`);
      expect((await use('destroy', ['-n', name, '-f'])).status).toBe(0);
      expect(existsSync(`/var/lib/lxc/${name}`)).toBe(false);
    }
  },
);
