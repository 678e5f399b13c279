import { expect, test } from 'vitest';
import { mountData } from '../../../src/cli/commands/lxcfs.ts';

test('What FUSE sets by itself or only libfuse knows is left out of -o', () => {
  const given = ['allow_other,direct_io,entry_timeout=0.5,attr_timeout=0.5', 'nonempty,nodev,fsname=x'];
  expect(mountData(given)).toBe('');
});

test('What the kernel knows stays in -o', () => {
  expect(mountData(['max_read=65536,allow_other', 'default_permissions'])).toBe(
    'max_read=65536,default_permissions',
  );
});

test('An option that nobody knows is refused', () => {
  expect(() => mountData(['fd=7'])).toThrow('Failed to mount with -o fd=7: FUSE has no such option');
});
