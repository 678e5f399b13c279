/** Root file systems that are no directories: overlays, image files, block devices, and what programs attach. */

import { spawnSync } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { expect, test as vitestTest } from 'vitest';
import type { Container } from './harness/container.ts';
import { eventually } from './harness/eventually.ts';
import { buildFaulty, planOf, startWithFault } from './harness/faulty.ts';
import { mountsOn } from './harness/mounts-on.ts';
import { mountOn } from './harness/probe.ts';
import type { Scope } from './harness/scope.ts';
import { test, testOurs } from './harness/suite.ts';

/** Sleeps; a probe is attached to look around. */
function containerOn(scope: Scope, path: string, more: readonly string[] = []): Container {
  const base = [`lxc.rootfs.path = ${path}`, 'lxc.init.cmd = /bin/sleep 1000', 'lxc.mount.auto = proc'];
  return scope.container({ bare: true, config: [...base, ...more] });
}

function must(file: string, ...args: string[]): string {
  const done = spawnSync(file, args, { encoding: 'utf8' });
  if (done.status !== 0) throw new Error(`Failed to run ${file} ${args.join(' ')}: ${done.stderr}`);
  return done.stdout.trim();
}

/** An image file with the tree of the test containers in it. */
function makeImage(scope: Scope, tree = scope.container().rootfs): string {
  const image = scope.file(join(scope.directory(), 'disk.img'), '');
  truncateSync(image, 24 * 1024 * 1024);
  must('mkfs.ext4', '-q', '-d', tree, image);
  return image;
}

/** The same as a block device. */
function makeDevice(scope: Scope): string {
  const device = must('losetup', '-f', '--show', makeImage(scope));
  scope.defer(() => void must('losetup', '-d', device));
  return device;
}

/** The loop devices over that file. */
function loopsOf(image: string): string[] {
  return readdirSync('/sys/block').filter((name) => {
    const file = `/sys/block/${name}/loop/backing_file`;
    return existsSync(file) && readFileSync(file, 'utf8').trim() === image;
  });
}

async function untilFree(image: string): Promise<void> {
  await eventually(() => loopsOf(image).length === 0, `the loop device of ${image} is free again`);
}

test('An overlay takes writes in its upper directory and leaves the lower one as it is', async (scope) => {
  const own = scope.directory();
  const lower = scope.container().rootfs;
  const foo = containerOn(scope, `overlay:${lower}:${own}/delta`);
  await foo.start();
  expect((await foo.attach(['/bin/sh', '-c', 'echo new > /srv/file && rm -f /etc/passwd'])).status).toBe(0);
  const root = mountOn(await foo.attachedProbe(), '/');
  expect(root?.fstype).toBe('overlay');
  expect(root?.superOptions).toContain(`workdir=${own}/work`);
  await foo.stop();
  expect(readFileSync(`${own}/delta/srv/file`, 'utf8')).toBe('new\n');
  expect(existsSync(`${lower}/srv/file`)).toBe(false);
  expect(existsSync(`${lower}/etc/passwd`)).toBe(true);
});

test('Of several lower directories of an overlay the first one is on top', async (scope) => {
  const [own, one, two] = [scope.directory(), scope.directory(), scope.directory()];
  for (const [dir, text] of [
    [one, 'first'],
    [two, 'second'],
  ] as const) {
    mkdirSync(`${dir}/srv`);
    writeFileSync(`${dir}/srv/both`, text);
    writeFileSync(`${dir}/srv/${text}`, text);
  }
  const foo = containerOn(scope, `overlayfs:${one}:${two}:${scope.container().rootfs}:${own}/delta`);
  await foo.start();
  const seen = await foo.attach(['/bin/cat', '/srv/both', '/srv/first', '/srv/second']);
  expect(seen.stdout).toBe('firstfirstsecond');
});

test('An overlay keeps what was written over a restart', async (scope) => {
  const own = scope.directory();
  const foo = containerOn(scope, `overlay:${scope.container().rootfs}:${own}/delta`);
  await foo.start();
  expect((await foo.attach(['/bin/sh', '-c', 'echo kept > /srv/file'])).status).toBe(0);
  await foo.stop();
  await foo.start();
  expect((await foo.attach(['/bin/cat', '/srv/file'])).stdout).toBe('kept\n');
});

testOurs(
  'lxc.rootfs.backend stands for the type of an older configuration',
  'C LXC reads it up to 2.1',
  async (scope) => {
    const own = scope.directory();
    const lower = scope.container().rootfs;
    const foo = containerOn(scope, `${lower}`);
    foo.writeConfig([
      'lxc.rootfs.backend = overlayfs',
      `lxc.rootfs = ${lower}:${own}/delta`,
      'lxc.init_cmd = /bin/sleep 1000',
      'lxc.mount.auto = proc',
    ]);
    await foo.start();
    expect(mountOn(await foo.attachedProbe(), '/')?.fstype).toBe('overlay');
  },
);

test('An image file is mounted through a loop device that is free again after the stop', async (scope) => {
  const image = makeImage(scope);
  const foo = containerOn(scope, `loop:${image}`, ['lxc.rootfs.options = noatime']);
  await foo.start();
  const root = mountOn(await foo.attachedProbe(), '/');
  expect(root).toMatchObject({ fstype: 'ext4', source: expect.stringMatching(/^\/dev\/loop\d+$/) });
  expect(root?.options).toContain('noatime');
  expect((await foo.attach(['/bin/sh', '-c', 'echo kept > /srv/file'])).status).toBe(0);
  await foo.stop();
  await untilFree(image);
  await foo.start();
  expect((await foo.attach(['/bin/cat', '/srv/file'])).stdout).toBe('kept\n');
});

test('A path without a type that leads to a file is an image', async (scope) => {
  const image = makeImage(scope);
  const foo = containerOn(scope, image);
  await foo.start();
  expect(mountOn(await foo.attachedProbe(), '/')?.fstype).toBe('ext4');
});

const base = 100_000;
const maps = [`lxc.idmap = u 0 ${base} 65536`, `lxc.idmap = g 0 ${base} 65536`];

/** Everything of a tree, for a container with ids of its own. */
function give(tree: string): string {
  must('chown', '-R', '-h', `${base}:${base}`, tree);
  return tree;
}

/** A tree of copies: those of the other containers are linked to each other. */
function ownTree(scope: Scope): string {
  const tree = scope.directory();
  must('cp', '-a', `${scope.container().rootfs}/.`, tree);
  return give(tree);
}

testOurs(
  'In a user namespace a directory of an overlay can be replaced',
  'C LXC cannot mark it opaque',
  async (scope) => {
    const own = scope.directory();
    const lower = ownTree(scope);
    mkdirSync(`${lower}/srv/dir`);
    writeFileSync(`${lower}/srv/dir/below`, '');
    give(lower);
    const foo = containerOn(scope, `overlay:${lower}:${own}/delta`, maps);
    await foo.start();
    expect(mountOn(await foo.attachedProbe(), '/')?.superOptions).toContain('userxattr');
    const done = await foo.attach(['/bin/sh', '-c', 'rm -r /srv/dir && mkdir /srv/dir && ls -a /srv/dir']);
    expect(done).toMatchObject({ status: 0, stdout: '.\n..\n' });
    await foo.stop();
    expect(statSync(`${own}/delta/srv/dir`).uid).toBe(base);
    expect(existsSync(`${lower}/srv/dir/below`)).toBe(true);
  },
);

test('A container with ids of its own has its root on an image', async (scope) => {
  const image = makeImage(scope, ownTree(scope));
  const foo = containerOn(scope, `loop:${image}`, maps);
  await foo.start();
  expect(mountOn(await foo.attachedProbe(), '/')?.fstype).toBe('ext4');
  expect((await foo.attach(['/bin/sh', '-c', 'echo mine > /srv/file && stat -c %u /srv/file'])).stdout).toBe(
    '0\n',
  );
  await foo.stop();
  await untilFree(image);
});

test('lxc.rootfs.options = ro mounts an image read-only', async (scope) => {
  const image = makeImage(scope);
  const foo = containerOn(scope, `loop:${image}`, ['lxc.rootfs.options = ro']);
  await foo.start();
  const seen = mountOn(await foo.attachedProbe(), '/');
  expect(seen?.options).toContain('ro');
  expect((await foo.attach(['/bin/touch', '/out/x'])).stderr).toContain('Read-only file system');
});

test('A start that fails frees the loop device', async (scope) => {
  const image = makeImage(scope);
  const foo = containerOn(scope, `loop:${image}`, ['lxc.hook.mount = /bin/false']);
  expect((await foo.run('start', ['-d'])).status).toBe(1);
  await untilFree(image);
});

test('The death of the monitor frees the loop device', async (scope) => {
  const image = makeImage(scope);
  const foo = containerOn(scope, `loop:${image}`);
  await foo.start();
  const parent = readFileSync(`/proc/${await foo.initPid()}/status`, 'utf8').match(/^PPid:\s*(\d+)/m)?.[1];
  process.kill(Number(parent), 'SIGKILL');
  await untilFree(image);
  await eventually(async () => (await foo.state()) === 'STOPPED', 'the container is stopped');
  // Whatever else is left is the next command's to clean.
  await foo.start();
});

testOurs(
  'Two containers on one image share its file system',
  'C LXC attaches a second device, and the two destroy the file system',
  async (scope) => {
    const image = makeImage(scope);
    const [foo, bar] = [containerOn(scope, `loop:${image}`), containerOn(scope, `loop:${image}`)];
    await foo.start();
    await bar.start();
    expect(loopsOf(image).length).toBe(1);
    expect((await foo.attach(['/bin/sh', '-c', 'echo both > /srv/file'])).status).toBe(0);
    expect((await bar.attach(['/bin/cat', '/srv/file'])).stdout).toBe('both\n');
    await foo.stop();
    expect((await bar.attach(['/bin/cat', '/srv/file'])).stdout).toBe('both\n');
    await bar.stop();
    await untilFree(image);
  },
);

testOurs(
  'Each op of a start on an image that fails in turn frees the loop device',
  'faults are injected into our helper',
  async (scope) => {
    const image = makeImage(scope);
    const foo = containerOn(scope, `loop:${image}`);
    const faulty = buildFaulty();
    const plan = await planOf(foo);
    expect(plan.parent.map(({ op }) => op)).toContain('openFileSystem');
    const wrong: string[] = [];
    for (const list of ['parent', 'child'] as const)
      for (const [index, op] of plan[list].entries()) {
        wrong.push(...(await startWithFault(faulty, foo, `${list}:${index}`, op)));
        await untilFree(image);
      }
    expect(wrong).toEqual([]);
  },
  { timeoutMs: 240_000 },
);

testOurs(
  'A path that leads to a block device is mounted',
  'C LXC knows devices of LVM and rbd only',
  async (scope) => {
    const device = makeDevice(scope);
    const foo = containerOn(scope, device);
    await foo.start();
    expect(mountOn(await foo.attachedProbe(), '/')).toMatchObject({ fstype: 'ext4', source: device });
  },
);

const hasBtrfs =
  spawnSync('mkfs.btrfs', ['--version']).status === 0 &&
  /\bbtrfs$/m.test(readFileSync('/proc/filesystems', 'utf8'));

const subvolume = 'A subvolume of btrfs is a root file system';
if (!hasBtrfs) vitestTest.skip(`${subvolume} (needs mkfs.btrfs and a kernel with btrfs)`, () => undefined);
else
  test(subvolume, async (scope) => {
    const image = scope.file(join(scope.directory(), 'btrfs.img'), '');
    truncateSync(image, 128 * 1024 * 1024);
    must('mkfs.btrfs', '-q', image);
    const at = scope.directory();
    must('mount', '-o', 'loop', image, at);
    scope.defer(() => void must('umount', at));
    must('btrfs', 'subvolume', 'create', `${at}/web`);
    must('cp', '-a', `${scope.container().rootfs}/.`, `${at}/web`);
    const foo = containerOn(scope, `btrfs:${at}/web`);
    await foo.start();
    expect(mountOn(await foo.attachedProbe(), '/')).toMatchObject({ fstype: 'btrfs', root: '/web' });
    await foo.stop();
  });

/** Programs of LVM that stand for the real ones: a loop device under another name. */
function fakeLvm(scope: Scope, image: string): { readonly path: string; readonly device: string } {
  const bin = scope.directory();
  const group = `/dev/${scope.name()}`;
  scope.defer(() => rmSync(group, { recursive: true, force: true }));
  const on = `mkdir -p ${group}; loop=$(losetup -f --show ${image}); echo $loop > ${bin}/loop; cp -a $loop ${group}/web`;
  const off = `losetup -d $(cat ${bin}/loop); rm -r ${group} ${bin}/loop`;
  const text = `#!/bin/sh\nset -e\necho "$*" >> ${bin}/calls\ncase $1 in -ay) ${on};; -an) ${off};; esac\n`;
  scope.file(`${bin}/lvchange`, text, 0o755);
  return { path: bin, device: `${group}/web` };
}

testOurs(
  'An inactive logical volume is activated for the container and deactivated after it, whoever is killed',
  'C LXC takes active volumes only',
  async (scope) => {
    const image = makeImage(scope);
    const { path, device } = fakeLvm(scope, image);
    const env = { PATH: `${path}:/usr/sbin:/usr/bin:/sbin:/bin` };
    const foo = containerOn(scope, `lvm:${device}`);
    await foo.start([], { env });
    expect(mountOn(await foo.attachedProbe(), '/')?.fstype).toBe('ext4');
    await foo.stop();
    await eventually(() => !existsSync(device), 'the volume is inactive');
    await foo.start([], { env });
    const parent = readFileSync(`/proc/${await foo.initPid()}/status`, 'utf8').match(/^PPid:\s*(\d+)/m)?.[1];
    process.kill(Number(parent), 'SIGKILL');
    expect(existsSync(device)).toBe(true);
    await eventually(async () => {
      await foo.run('info', ['-s']);
      return !existsSync(device);
    }, 'the next command deactivates the volume');
    foo.configure('lxc.hook.mount = /bin/false');
    expect((await foo.run('start', ['-d'], { env })).status).toBe(1);
    expect(existsSync(device)).toBe(false);
    const calls = readFileSync(`${path}/calls`, 'utf8').trim().split('\n');
    expect(calls.map((line) => line.split(' ')[0])).toEqual(['-ay', '-an', '-ay', '-an', '-ay', '-an']);
  },
);

testOurs(
  'What cannot be attached is refused with the program or the kernel option that is missing',
  'its own words',
  async (scope) => {
    const image = makeImage(scope);
    const cases = [
      ['rbd:/dev/rbd/pool/none', /there is no program rbd; install ceph-common/],
      ['zfs:tank/none', /this kernel has no file system zfs; install zfsutils-linux/],
      ['lvm:/dev/nogroup/none', /there is no program lvchange; install lvm2|No such device|not found/],
      [`nbd:${image}`, /no program qemu-nbd; install qemu-utils|CONFIG_BLK_DEV_NBD/],
      ['loop:/no/image', /\/no\/image: No such file/],
    ] as const;
    for (const [path, message] of cases) {
      const { stderr, status } = await containerOn(scope, path).run('start', ['-d']);
      expect(status).toBe(1);
      expect(stderr).toMatch(message);
    }
  },
);

test('Mounts that the host makes in a shared directory come into the container', async (scope) => {
  const shared = scope.directory();
  must('mount', '-t', 'tmpfs', 'shared', shared);
  scope.defer(() => void must('umount', '-R', shared));
  must('mount', '--make-shared', shared);
  const foo = scope.container({ config: [`lxc.mount.auto = shmounts:${shared}:/srv/in`] });
  await foo.start();
  mkdirSync(`${shared}/later`);
  must('mount', '-t', 'tmpfs', 'later', `${shared}/later`);
  writeFileSync(`${shared}/later/file`, 'came in');
  expect((await foo.attach(['/bin/cat', '/srv/in/later/file'])).stdout).toBe('came in');
});

/** A container on a tree that the host shares, and what it sees of a mount that the host makes in it later. */
async function seenLater(scope: Scope, options: readonly string[]): Promise<string> {
  const tree = scope.directory();
  must('mount', '-t', 'tmpfs', 'tree', tree);
  scope.defer(() => void must('umount', '-R', tree));
  must('mount', '--make-shared', tree);
  must('cp', '-a', `${scope.container().rootfs}/.`, tree);
  const foo = containerOn(scope, `dir:${tree}`, options);
  await foo.start();
  must('mount', '-t', 'tmpfs', 'later', `${tree}/mnt`);
  writeFileSync(`${tree}/mnt/file`, 'came in');
  const { stdout } = await foo.attach([
    '/bin/sh',
    '-c',
    'cat /mnt/file 2>/dev/null; mount -t tmpfs own /srv',
  ]);
  expect(mountsOn(`${tree}/srv`)).toEqual([]);
  await foo.stop();
  return stdout;
}

test('Mounts that the host makes in a shared root file system come in, and none goes out', async (scope) => {
  expect(await seenLater(scope, [])).toBe('came in');
  expect(await seenLater(scope, ['lxc.rootfs.options = rslave'])).toBe('came in');
});

test('lxc.rootfs.options = private keeps later mounts of the host out', async (scope) => {
  expect(await seenLater(scope, ['lxc.rootfs.options = rprivate'])).toBe('');
});

test('An overlay or an image whose ids are to be mapped is refused', async (scope) => {
  const foo = scope.container();
  for (const path of ['overlay:$ROOTFS:$DIR/delta', 'loop:$ROOTFS/bin/busybox']) {
    foo.writeConfig([
      `lxc.rootfs.path = ${path}`,
      'lxc.rootfs.options = idmap=container',
      'lxc.idmap = u 0 100000 65536',
      'lxc.idmap = g 0 100000 65536',
    ]);
    expect((await foo.run('start', ['-d'])).status).toBe(1);
    expect(existsSync(`${foo.dir}/delta`)).toBe(false);
  }
});

test('lxc-destroy removes an image with the container', async (scope) => {
  const image = makeImage(scope);
  const foo = containerOn(scope, `loop:${image}`);
  expect((await foo.run('destroy')).status).toBe(0);
  expect(existsSync(image)).toBe(false);
  expect(existsSync(foo.dir)).toBe(false);
});

testOurs(
  'lxc-destroy keeps the node of a block device',
  'C LXC knows devices of LVM and rbd only',
  async (scope) => {
    const device = makeDevice(scope);
    const foo = containerOn(scope, device);
    const { status, stderr } = await foo.run('destroy');
    expect(status).toBe(1);
    expect(stderr).toContain(`its storage ${device} is not ours to remove`);
    expect(existsSync(device)).toBe(true);
    foo.configure('lxc.rootfs.managed = 0');
    expect((await foo.run('destroy')).status).toBe(0);
    expect(existsSync(device)).toBe(true);
  },
);
