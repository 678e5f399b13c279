/**
 * The bytes on the right were recorded from `ip` of iproute2 6.1 while it did the same thing, on kernel 6.18:
 * `unshare -n` a shell, make a bridge br0 (index 2) there, then for each line
 * `strace -e trace=sendmsg -e write=all ip ARGUMENTS`; the kernel accepted each of them. The sequence number is
 * zero here, and the pid of the other namespace is 22655 (7f580000).
 */

import { describe, expect, test } from 'vitest';
import { addAddress, addProxy, addRoute, deleteProxy, deleteRoute } from '../../../src/netlink/address.ts';
import { addPortVlan, deletePortVlan } from '../../../src/netlink/bridge.ts';
import {
  bringUp,
  createBridge,
  createIpvlan,
  createMacvlan,
  createVeth,
  createVlan,
  deleteLink,
  lendLink,
  setMtu,
} from '../../../src/netlink/link.ts';
import { ipAddress, type Piece } from '../../../src/netlink/piece.ts';

const indexes = new Map([
  ['br0', 2],
  ['veth0', 3],
]);
const init = 22655;

/** The request as the helper sends it: patches filled in. */
function sent({ bytes, patches }: Piece): string {
  const filled = Buffer.from(bytes);
  for (const { offset, kind, name } of patches) {
    expect(filled.readUInt32LE(offset)).toBe(0);
    filled.writeUInt32LE(kind === 'initPid' ? init : (indexes.get(name) ?? 0), offset);
  }
  return filled.toString('hex');
}

function hex(...parts: readonly string[]): string {
  return parts.join('').replaceAll(' ', '');
}

describe('a netlink request has the bytes that ip sends', () => {
  test('for `link add veth0 up ... master br0 type veth peer name eth0 ... netns PID`', () => {
    const request = createVeth({
      host: { name: 'veth0', hwaddr: 'fe:00:00:00:00:01', mtu: 1400, bridge: 'br0' },
      container: { name: 'eth0', hwaddr: '00:16:3e:01:02:03', mtu: 1400 },
    });
    expect(sent(request)).toBe(
      hex(
        '94000000 1000 0506 00000000 00000000',
        '0000 0000 00000000 01000000 01000000',
        '0a000100 fe0000000001 0000',
        '08000400 78050000',
        '08000a00 02000000',
        '0a000300 766574683000 0000',
        '4c001200 08000100 76657468 40000200',
        '3c000100 0000 0000 00000000 00000000 00000000',
        '0a000100 00163e010203 0000',
        '08000400 78050000',
        '08001300 7f580000',
        '09000300 6574683000 000000',
      ),
    );
  });

  test('for `link add link br0 name eth1 up ... netns PID type macvlan mode vepa`', () => {
    const request = createMacvlan({
      name: 'eth1',
      hwaddr: '00:16:3e:01:02:04',
      mtu: 1400,
      parent: 'br0',
      mode: 'vepa',
      up: true,
    });
    expect(sent(request)).toBe(
      hex(
        '6c000000 1000 0506 00000000 00000000',
        '0000 0000 00000000 01000000 01000000',
        '0a000100 00163e010204 0000',
        '08000400 78050000',
        '08001300 7f580000',
        '08000500 02000000',
        '09000300 6574683100 000000',
        '1c001200 0b000100 6d6163766c616e 00',
        '0c000200 08000100 02000000',
      ),
    );
  });

  const born = { hwaddr: undefined, mtu: undefined, parent: 'br0', up: true };

  test('for `link add link br0 name eth2 up ... netns PID type vlan id 5`', () => {
    const spec = { ...born, name: 'eth2', hwaddr: '00:16:3e:01:02:05', mtu: 1400, id: 5 };
    expect(sent(createVlan(spec))).toBe(
      hex(
        '68000000 1000 0506 00000000 00000000',
        '0000 0000 00000000 01000000 01000000',
        '0a000100 00163e010205 0000',
        '08000400 78050000',
        '08001300 7f580000',
        '08000500 02000000',
        '09000300 6574683200 000000',
        '18001200 08000100 766c616e 0c000200 06000100 0500 0000',
      ),
    );
  });

  test('for `link add link br0 name eth3 up netns PID type ipvlan mode l3s private`', () => {
    expect(sent(createIpvlan({ ...born, name: 'eth3', mode: 'l3s', isolation: 'private' }))).toBe(
      hex(
        '60000000 1000 0506 00000000 00000000',
        '0000 0000 00000000 01000000 01000000',
        '08001300 7f580000',
        '08000500 02000000',
        '09000300 6574683300 000000',
        '24001200 0a000100 6970766c616e 0000',
        '14000200 06000100 0200 0000 06000200 0100 0000',
      ),
    );
  });

  test('for `link set dev veth0 up netns PID name eth4`', () => {
    const spec = { name: 'eth4', hwaddr: undefined, mtu: undefined, up: true };
    expect(sent(lendLink('veth0', spec))).toBe(
      hex(
        '34000000 1000 0500 00000000 00000000',
        '0000 0000 03000000 01000000 01000000',
        '08001300 7f580000',
        '09000300 6574683400 000000',
      ),
    );
  });

  test('for `link add veth1 numtxqueues 2 numrxqueues 3 type veth peer ... numtxqueues 3 numrxqueues 2`', () => {
    const end = { hwaddr: undefined, mtu: undefined };
    const request = createVeth({
      host: { name: 'veth1', ...end, bridge: undefined },
      container: { name: 'eth0', ...end },
      queues: { rx: 2, tx: 3 },
    });
    // Ours is up, and the peer is born elsewhere.
    expect(sent(request)).toBe(
      hex(
        '84000000 1000 0506 00000000 00000000',
        '0000 0000 00000000 01000000 01000000',
        '08001f00 02000000 08002000 03000000',
        '0a000300 766574683100 0000',
        '48001200 08000100 76657468 3c000200',
        '38000100 0000 0000 00000000 00000000 00000000',
        '08001f00 03000000 08002000 02000000',
        '08001300 7f580000',
        '09000300 6574683000 000000',
      ),
    );
  });

  test('for `link add lxcbr0 address 00:16:3e:00:00:00 type bridge`', () => {
    expect(sent(createBridge('lxcbr0', '00:16:3e:00:00:00'))).toBe(
      hex(
        '48000000 1000 0506 00000000 00000000',
        '0000 0000 00000000 00000000 00000000',
        '0a000100 00163e000000 0000',
        '0b000300 6c786362723000 00',
        '10001200 0a000100 627269646765 0000',
      ),
    );
  });

  test('for `link set dev lo up`', () => {
    expect(sent(bringUp(1))).toBe(
      hex('20000000 1000 0500 00000000 00000000', '0000 0000 01000000 01000000 01000000'),
    );
  });

  test('for `link set dev veth0 up`, with the index left to the sender', () => {
    expect(sent(bringUp('veth0'))).toBe(
      hex('20000000 1000 0500 00000000 00000000', '0000 0000 03000000 01000000 01000000'),
    );
  });

  test('for `link set dev veth0 mtu 1300`', () => {
    expect(sent(setMtu('veth0', 1300))).toBe(
      hex(
        '28000000 1000 0500 00000000 00000000',
        '0000 0000 03000000 00000000 00000000',
        '08000400 14050000',
      ),
    );
  });

  test('for `addr add 192.168.0.23/24 broadcast 192.168.0.255 dev veth0`', () => {
    const spec = { link: 'veth0', address: '192.168.0.23', prefix: 24, broadcast: '192.168.0.255' };
    expect(sent(addAddress(spec))).toBe(
      hex(
        '30000000 1400 0506 00000000 00000000',
        '02180000 03000000',
        '08000200 c0a80017',
        '08000400 c0a800ff',
        '08000100 c0a80017',
      ),
    );
  });

  test('for `-6 addr add fd00::5/64 dev veth0`', () => {
    expect(sent(addAddress({ link: 'veth0', address: 'fd00::5', prefix: 64 }))).toBe(
      hex(
        '40000000 1400 0506 00000000 00000000',
        '0a400000 03000000',
        '14000200 fd000000000000000000000000000005',
        '14000100 fd000000000000000000000000000005',
      ),
    );
  });

  test('for `route add 10.9.9.1/32 dev veth0`', () => {
    expect(sent(addRoute({ link: 'veth0', family: 4, to: '10.9.9.1' }))).toBe(
      hex(
        '2c000000 1800 0506 00000000 00000000',
        '02200000 fe03fd01 00000000',
        '08000100 0a090901 08000400 03000000',
      ),
    );
  });

  test('for `route add 10.55.0.0/16 dev br0`', () => {
    expect(sent(addRoute({ link: 'br0', family: 4, to: '10.55.0.0', prefix: 16 }))).toBe(
      hex(
        '2c000000 1800 0506 00000000 00000000',
        '02100000 fe03fd01 00000000',
        '08000100 0a370000 08000400 02000000',
      ),
    );
  });

  test('for `route del 10.55.0.0/16 dev br0`', () => {
    expect(sent(deleteRoute({ link: 'br0', family: 4, to: '10.55.0.0', prefix: 16 }))).toBe(
      hex(
        '2c000000 1900 0500 00000000 00000000',
        '02100000 fe00ff00 00000000',
        '08000100 0a370000 08000400 02000000',
      ),
    );
  });

  test('for `neigh add proxy 10.7.0.2 dev br0`, and for del', () => {
    const rest = '02000000 02000000 80000800 08000100 0a070002';
    expect(sent(addProxy('br0', '10.7.0.2'))).toBe(hex('24000000 1c00 0506 00000000 00000000', rest));
    expect(sent(deleteProxy('br0', '10.7.0.2'))).toBe(hex('24000000 1d00 0500 00000000 00000000', rest));
  });

  test('for `-6 neigh add proxy fd00::2 dev br0`', () => {
    expect(sent(addProxy('br0', 'fd00::2'))).toBe(
      hex(
        '30000000 1c00 0506 00000000 00000000',
        '0a000000 02000000 80000800',
        '14000100 fd000000000000000000000000000002',
      ),
    );
  });

  test('for `bridge vlan add dev br0 vid 5 pvid untagged master`', () => {
    expect(sent(addPortVlan('br0', 5, { untagged: true }))).toBe(
      hex(
        '34000000 1300 0500 00000000 00000000',
        '0700 0000 02000000 00000000 00000000',
        '14001a00 06000000 0100 0000 08000200 06000500',
      ),
    );
  });

  test('for `bridge vlan del dev br0 vid 1 master`', () => {
    expect(sent(deletePortVlan('br0', 1))).toBe(
      hex(
        '34000000 1100 0500 00000000 00000000',
        '0700 0000 02000000 00000000 00000000',
        '14001a00 06000000 0100 0000 08000200 00000100',
      ),
    );
  });

  test('for `route add default via 10.9.9.1 dev veth0`', () => {
    expect(sent(addRoute({ link: 'veth0', family: 4, via: '10.9.9.1' }))).toBe(
      hex(
        '2c000000 1800 0506 00000000 00000000',
        '02000000 fe030001 00000000',
        '08000500 0a090901 08000400 03000000',
      ),
    );
  });

  test('for `route add default dev br0`', () => {
    expect(sent(addRoute({ link: 'br0', family: 4 }))).toBe(
      hex('24000000 1800 0506 00000000 00000000', '02000000 fe03fd01 00000000', '08000400 02000000'),
    );
  });

  test('for `-6 route add fe00::1/128 dev veth0`', () => {
    expect(sent(addRoute({ link: 'veth0', family: 6, to: 'fe00::1' }))).toBe(
      hex(
        '38000000 1800 0506 00000000 00000000',
        '0a800000 fe030001 00000000',
        '14000100 fe000000000000000000000000000001',
        '08000400 03000000',
      ),
    );
  });
});

test('a link is deleted by its name, which needs no look-up', () => {
  expect(sent(deleteLink('veth0'))).toBe(
    hex(
      '2c000000 1100 0500 00000000 00000000',
      '0000 0000 00000000 00000000 00000000',
      '0a000300 766574683000 0000',
    ),
  );
});

test('what is left to the kernel leaves no attribute', () => {
  const end = { hwaddr: undefined, mtu: undefined };
  const request = createVeth({
    host: { name: 'a', ...end, bridge: undefined },
    container: { name: 'b', ...end },
  });
  expect(request.patches.map(({ kind }) => kind)).toEqual(['initPid']);
  expect(request.bytes.length).toBe(92);
});

test.each([
  ['::', '00000000000000000000000000000000'],
  ['::1', '00000000000000000000000000000001'],
  ['fd00::', 'fd000000000000000000000000000000'],
  ['2001:db8:1:2:3:4:5:6', '20010db8000100020003000400050006'],
  ['::ffff:192.0.2.1', '00000000000000000000ffffc0000201'],
  ['64:ff9b::192.0.2.33', '0064ff9b0000000000000000c0000221'],
  ['192.0.2.1', 'c0000201'],
])('the address %s is encoded in network order', (address, bytes) => {
  expect(ipAddress(address).bytes.toString('hex')).toBe(bytes);
});

test('a text that is no address is refused', () => {
  expect(() => ipAddress('fd00:1')).toThrow('Failed to encode the address fd00:1: it is not an IP address');
});
