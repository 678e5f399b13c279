import { describe, expect, test } from 'vitest';
import { socketName } from '../../../src/run/command-socket.ts';
import { activeNames, byBytes, isActive, listeners } from '../../../src/run/directory.ts';

const table = [
  'Num       RefCount Protocol Flags    Type St Inode Path',
  '0000000000000000: 00000002 00000000 00010000 0001 01 20113 /run/dbus/system_bus_socket',
  '0000000000000000: 00000002 00000000 00010000 0001 01 20114 @/var/lib/lxc/c1/command',
  '0000000000000000: 00000003 00000000 00000000 0001 03 20115 @/var/lib/lxc/c2/command',
  '0000000000000000: 00000002 00000000 00010000 0001 01 20116 @/srv/lxc/c3/command',
  '0000000000000000: 00000002 00000000 00010000 0001 01 20117 @/var/lib/lxc/a b/command',
  '',
].join('\n');

describe('active containers', () => {
  test('are those whose monitor listens', () => {
    const listening = listeners(table);
    expect(activeNames('/var/lib/lxc', listening, [])).toEqual(['a b', 'c1']);
    expect(activeNames('/srv/lxc', listening, [])).toEqual(['c3']);
    expect(isActive({ lxcpath: '/var/lib/lxc', name: 'c2' }, listening)).toBe(false);
  });

  test('are found behind the hash of a long path', () => {
    const lxcpath = `/${'long/'.repeat(25)}path`;
    const listening = new Set([socketName({ lxcpath, name: 'c1' })]);
    expect([...listening][0]).toMatch(/^lxc\/[0-9a-f]{16}\/command$/);
    expect(activeNames(lxcpath, listening, ['c1', 'c2'])).toEqual(['c1']);
  });

  test('are sorted by bytes', () => {
    expect(['b', 'a', 'B', 'ä'].sort(byBytes)).toEqual(['B', 'a', 'b', 'ä']);
  });
});
