/** What an image file or a block device holds, by the marks at its beginning. */

interface Mark {
  readonly at: number;
  readonly bytes: Buffer;
}

const mark = (at: number, text: string): Mark => ({ at, bytes: Buffer.from(text, 'latin1') });

/** The types to try; one driver serves ext2, ext3 and ext4, where the kernel has it. */
const fileSystems: readonly (readonly [Mark, readonly string[]])[] = [
  [mark(1080, '\x53\xef'), ['ext4', 'ext3', 'ext2']],
  [mark(0, 'XFSB'), ['xfs']],
  [mark(65_600, '_BHRfS_M'), ['btrfs']],
  [mark(0, 'hsqs'), ['squashfs']],
  [mark(1024, '\xe2\xe1\xf5\xe0'), ['erofs']],
  [mark(1024, '\x10\x20\xf5\xf2'), ['f2fs']],
  [mark(32_769, 'CD001'), ['iso9660']],
  [mark(32_768, 'JFS1'), ['jfs']],
  [mark(65_588, 'ReIsEr'), ['reiserfs']],
  [mark(0, '\x45\x3d\xcd\x28'), ['cramfs']],
  [mark(0, '-rom1fs-'), ['romfs']],
  [mark(82, 'FAT32'), ['vfat']],
  [mark(54, 'FAT1'), ['vfat']],
];

const others: readonly (readonly [Mark, string, string | undefined])[] = [
  [
    mark(512, 'EFI PART'),
    'a partition table',
    'name the device of a partition; losetup -P makes them of an image',
  ],
  [mark(0, 'LUKS\xba\xbe'), 'an encrypted volume', 'open it with cryptsetup and name what it becomes'],
  [mark(4086, 'SWAPSPACE2'), 'swap space', undefined],
  [mark(0, 'QFI\xfb'), 'an image of qemu', 'write nbd: in front of the path'],
  [mark(536, 'LVM2 001'), 'a physical volume of LVM', 'name a logical volume, as in lvm:/dev/GROUP/VOLUME'],
  [mark(257, 'ustar'), 'a tar archive', 'unpack it into a directory'],
  [mark(0, '\x1f\x8b'), 'compressed data', 'unpack it'],
  [mark(0, '\x28\xb5\x2f\xfd'), 'compressed data', 'unpack it'],
  [mark(0, '\xfd7zXZ'), 'compressed data', 'unpack it'],
  [
    mark(510, '\x55\xaa'),
    'a partition table',
    'name the device of a partition; losetup -P makes them of an image',
  ],
];

/** Enough for every mark. */
export const superblockBytes = 69_632;

export interface Content {
  /** Empty where nothing is known. */
  readonly types: readonly string[];
  readonly holds: { readonly what: string; readonly hint: string | undefined } | undefined;
}

/** File systems first: a boot sector may stand in front of one. */
export function contentOf(start: Buffer): Content {
  const types = fileSystems.find(([at]) => matches(start, at))?.[1] ?? [];
  if (types.length > 0) return { types, holds: undefined };
  const other = others.find(([at]) => matches(start, at));
  return { types, holds: other === undefined ? undefined : { what: other[1], hint: other[2] } };
}

function matches(start: Buffer, { at, bytes }: Mark): boolean {
  return start.subarray(at, at + bytes.length).equals(bytes);
}
