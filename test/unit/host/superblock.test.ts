import { expect, test } from 'vitest';
import { contentOf, superblockBytes } from '../../../src/host/superblock.ts';

function disk(...marks: readonly (readonly [number, string])[]): Buffer {
  const bytes = Buffer.alloc(superblockBytes);
  for (const [at, text] of marks) bytes.write(text, at, 'latin1');
  return bytes;
}

test.each([
  ['ext4', 1080, '\x53\xef'],
  ['xfs', 0, 'XFSB'],
  ['btrfs', 65_600, '_BHRfS_M'],
  ['squashfs', 0, 'hsqs'],
  ['iso9660', 32_769, 'CD001'],
  ['vfat', 82, 'FAT32   '],
])('%s is known by its mark', (type, at, text) => {
  expect(contentOf(disk([at, text]))).toEqual({ types: expect.arrayContaining([type]), holds: undefined });
});

test.each([
  ['a partition table', 512, 'EFI PART'],
  ['an encrypted volume', 0, 'LUKS\xba\xbe'],
  ['an image of qemu', 0, 'QFI\xfb'],
  ['a physical volume of LVM', 536, 'LVM2 001'],
  ['a tar archive', 257, 'ustar'],
])('%s is told by its name', (what, at, text) => {
  expect(contentOf(disk([at, text]))).toEqual({ types: [], holds: expect.objectContaining({ what }) });
});

test('A boot sector in front of a file system is no partition table', () => {
  expect(contentOf(disk([510, '\x55\xaa'], [1080, '\x53\xef'])).types).toContain('ext4');
});

test('What nobody marked, and a file that ends early, is unknown', () => {
  for (const bytes of [disk(), Buffer.alloc(0), Buffer.from('XF')])
    expect(contentOf(bytes)).toEqual({ types: [], holds: undefined });
});
