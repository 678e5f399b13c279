/** Root file systems that are no directories. */

import { describe, expect, test } from 'vitest';
import { errnoNumber } from '../../../src/base/errno.ts';
import { noStorage, type PathFact, type StorageFacts } from '../../../src/plan/facts.ts';
import { explain } from '../../../src/plan/index.ts';
import { layersOf } from '../../../src/plan/storage/overlay.ts';
import { nbdParts } from '../../../src/plan/storage/tools.ts';
import { lists } from '../../../src/wire/frames.ts';
import { host, planOf, refusal, textOf } from './fixture.ts';

const file: PathFact = { kind: 'file', device: undefined };
const device: PathFact = { kind: 'block', device: { major: 7, minor: 3 } };
const directory: PathFact = { kind: 'directory', device: undefined };

interface Given {
  readonly path: string;
  readonly paths?: Readonly<Record<string, PathFact>>;
  readonly storage?: Partial<StorageFacts>;
  readonly more?: readonly string[];
}

function given({ path, paths = {}, storage, more = [] }: Given) {
  return {
    lines: [`lxc.rootfs.path = ${path}`, 'lxc.uts.name = web', 'lxc.net.0.type = empty', ...more],
    facts: {
      ...host,
      paths: new Map([...host.paths, ...Object.entries(paths)]),
      storage: storage === undefined ? undefined : { ...noStorage, kernelTypes: ['ext4', 'xfs'], ...storage },
    },
  };
}

const volume = { types: ['ext4', 'ext3', 'ext2'], holds: undefined };
const tools = new Map([
  ['qemu-nbd', '/usr/bin/qemu-nbd'],
  ['rbd', '/usr/bin/rbd'],
  ['lvchange', '/usr/sbin/lvchange'],
]);
const layers = { '/l1': directory, '/l2': directory };

const cases = {
  overlay: given({
    path: 'overlay:/l1:/l2:/own/delta',
    paths: layers,
    more: ['lxc.rootfs.options = index=off'],
  }),
  loop: given({ path: 'loop:/img', paths: { '/img': file }, storage: { volume } }),
  squashfs: given({
    path: 'loop:/img',
    paths: { '/img': file },
    storage: { volume: { ...volume, types: ['squashfs'] } },
    more: ['lxc.rootfs.options = nosuid,shared'],
  }),
  block: given({ path: '/dev/vdb', paths: { '/dev/vdb': device }, storage: { volume } }),
  btrfs: given({ path: 'btrfs:/l1', paths: layers }),
  nbd: given({ path: 'nbd:/img:2', paths: { '/img': file }, storage: { tools, freeNbd: '/dev/nbd0' } }),
  rbd: given({ path: 'rbd:/dev/rbd/pool/web', storage: { tools } }),
  lvm: given({ path: 'lvm:/dev/vg/web', storage: { tools } }),
  'lvm that is active': given({
    path: 'lvm:/dev/vg/web',
    paths: { '/dev/vg/web': device },
    storage: { volume },
  }),
  zfs: given({ path: 'zfs:tank/web', storage: { hasZfs: true } }),
  'zfs that is mounted': given({ path: 'zfs:/l1', paths: layers }),
};

/** The lines about storage, without their numbers. */
function storageLines(text: string): string {
  const wanted =
    /mkdir path=\/(?!sys)|spawn|openFileSystem|placeMount|rootfs fstype|target=\/run|clone flags/;
  const lines = text.slice(0, text.indexOf('\nsettings:')).split('\n');
  return lines
    .filter((line) => wanted.test(line))
    .map((line) => line.replace(/^ *[0-9]+ /, '').trim())
    .join('\n');
}

test('every kind of storage has its ops', async () => {
  const all = Object.entries(cases).map(([name, one]) => `== ${name}\n${storageLines(textOf(one))}\n`);
  await expect(all.join('')).toMatchFileSnapshot('golden/storage.txt');
});

test('what a program attached it takes away at the end', () => {
  const attach = planOf(cases.nbd).program.parent.find(({ op }) => op === 'spawn');
  const [undo] = attach?.undo ?? [];
  expect(undo?.op === 'spawn' ? undo.args.argv : []).toEqual(['/usr/bin/qemu-nbd', '-d', '/dev/nbd0']);
});

describe('is refused with what to do', () => {
  test.each([
    [
      'a lower directory that is missing',
      given({ path: 'overlay:/no:/own/delta' }),
      '/no: No such directory',
    ],
    [
      'an overlay of one directory',
      given({ path: 'overlay:/l1', paths: layers }),
      'the form is overlay:/LOWER:/UPPER',
    ],
    ['too long an overlay', given({ path: `overlay:/l1:/${'x'.repeat(4200)}`, paths: layers }), 'too long'],
    ['an image that is missing', given({ path: 'loop:/img' }), '/img: No such file; make it'],
    ['a directory as an image', given({ path: 'loop:/l1', paths: layers }), 'the path begins with dir:'],
    [
      'a file as a directory',
      given({ path: 'dir:/img', paths: { '/img': file } }),
      'the path begins with loop:',
    ],
    [
      'an image with partitions',
      given({
        path: 'loop:/img',
        paths: { '/img': file },
        storage: { volume: { ...volume, holds: { what: 'a partition table', hint: 'name one' } } },
      }),
      '/img: it holds a partition table; name one',
    ],
    [
      'nbd without its program',
      given({ path: 'nbd:/img', storage: {} }),
      'no program qemu-nbd; install qemu-utils',
    ],
    [
      'nbd without a device',
      given({ path: 'nbd:/img', paths: { '/img': file }, storage: { tools } }),
      'the kernel option is CONFIG_BLK_DEV_NBD',
    ],
    ['rbd without its program', given({ path: 'rbd:/dev/rbd/p/i', storage: {} }), 'install ceph-common'],
    ['lvm without its program', given({ path: 'lvm:/dev/g/v', storage: {} }), 'install lvm2'],
    ['zfs without its module', given({ path: 'zfs:tank/web', storage: {} }), 'no file system zfs'],
    ['a relative path', given({ path: 'loop:img' }), 'it is not an absolute path'],
  ])('%s', (_, one, message) => {
    expect(refusal(one)).toContain('web.conf:1: Failed to use the root file system');
    expect(refusal(one)).toContain(message);
  });
});

describe('a failure of the kernel is told', () => {
  const say = (one: ReturnType<typeof given>, op: string, errno: string, detail = '') => {
    const { program } = planOf(one);
    const [list, planned] =
      op === 'openFileSystem' ? (['parent', program.parent] as const) : (['child', program.child] as const);
    const index = planned.findIndex(
      (step) => step.op === op && !('propagation' in step.args && step.args.propagation !== 0),
    );
    return explain(program, { list: lists[list], index, errno: errnoNumber(errno), detail }).toString();
  };
  test.each([
    [cases.loop, 'openFileSystem', 'ENOENT', '/dev/loop-control', 'CONFIG_BLK_DEV_LOOP'],
    [cases.loop, 'openFileSystem', 'ENODEV', '', 'this kernel has no file system ext4, ext3, ext2'],
    [cases.loop, 'openFileSystem', 'EINVAL', '', 'it is none of ext4, ext3, ext2'],
    [cases.loop, 'openFileSystem', 'EINVAL', 'ext4: bad block', 'Invalid argument (ext4: bad block)'],
    [cases.loop, 'openFileSystem', 'EROFS', '/img', 'needs lxc.rootfs.options = ro'],
    [cases.loop, 'openFileSystem', 'EPERM', '', 'in a user namespace nobody mounts'],
    [cases.loop, 'openFileSystem', 'ENOSYS', '', 'it needs Linux 5.2'],
    [cases.block, 'openFileSystem', 'EBUSY', '', 'mounted with other options'],
    [cases.overlay, 'mount', 'ESTALE', '', 'add index=off to the options'],
    [cases.overlay, 'mount', 'EBUSY', '', 'in use by another overlay'],
    [cases.overlay, 'mount', 'EINVAL', '', 'see dmesg'],
    [cases.overlay, 'mount', 'ENODEV', '', 'this kernel has no file system overlay'],
  ])('%#: %s', (one, op, errno, detail, words) => {
    expect(say(one, op, errno, detail)).toContain(words);
  });
});

test('images are for root only', () => {
  expect(refusal({ ...cases.loop, request: { uid: 1000 } })).toContain('only root mounts images and devices');
});

test('a colon begins a new layer only in front of a slash', () => {
  expect(layersOf('/a:b:/c:/d')).toEqual({ lowers: ['/a:b', '/c'], upper: '/d', work: '/work' });
});

test('commas, colons and backslashes in the paths of an overlay are escaped', () => {
  const paths = { '/a:b': directory, '/c,d\\e': directory };
  const { child } = planOf(given({ path: 'overlay:/a:b:/c,d\\e:/up', paths })).program;
  const mount = child.find((one) => one.op === 'mount' && one.args.fstype === 'overlay');
  expect(mount?.op === 'mount' ? mount.args.data : '').toBe(
    'upperdir=/up,lowerdir=/a\\:b:/c\\,d\\\\e,workdir=/work',
  );
});

test.each([
  ['/a/img', '/a/img', undefined],
  ['/a/img:3', '/a/img', 3],
  ['/a:b/img', '/a:b/img', undefined],
])('nbd:%s is the image %s', (path, image, partition) => {
  expect(nbdParts(path)).toEqual({ image, partition });
});

describe('lxc.mount.auto = shmounts', () => {
  const lines = (host: string) => [
    'lxc.rootfs.path = dir:/srv/root',
    `lxc.mount.auto = shmounts:${host}:/var/in`,
  ];
  test('binds the directory', () => {
    const { program, notes } = planOf({ lines: lines('/srv/shared') });
    expect(notes).toEqual([]);
    const bind = program.child.find((one) => one.op === 'mount' && one.args.source === '/srv/shared');
    expect(bind?.op === 'mount' ? bind.args : {}).toMatchObject({ target: 'var/in', flags: 0x1000 });
  });
  test('says where the host shares nothing', () => {
    const { notes } = planOf({ lines: lines('/srv/private') });
    expect(notes.map(({ message }) => message)).toEqual([
      '/srv/private is on no shared mount, so what is mounted there later stays outside',
    ]);
  });
});
