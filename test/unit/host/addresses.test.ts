import { expect, test } from 'vitest';
import { addressesIn, interfacesIn } from '../../../src/host/addresses.ts';

/** Recorded in a namespace with eth0 (two addresses, one of them /32), lan1 and lo on kernel 6.18. */
const dev = `Inter-|   Receive                                                |  Transmit
 face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets errs drop fifo colls carrier compressed
    lo:       0       0    0    0    0     0          0         0        0       0    0    0    0     0       0          0
  lan1:     250       3    0    0    0     0          0         0      560       6    0    0    0     0       0          0
  eth0:12345678       3    0    0    0     0          0         0      560       6    0    0    0     0       0          0
`;

const fibTrie = `Main:
  +-- 0.0.0.0/0 3 0 5
     |-- 0.0.0.0
        /0 universe UNICAST
     +-- 10.0.3.0/24 2 0 2
        |-- 10.0.3.0
           /24 link UNICAST
        |-- 10.0.3.5
           /32 host LOCAL
        |-- 10.0.3.255
           /32 link BROADCAST
     +-- 127.0.0.0/8 2 0 2
        |-- 127.0.0.1
           /32 host LOCAL
     +-- 192.168.128.0/18 2 0 2
        |-- 192.168.128.0
           /18 link UNICAST
        |-- 192.168.128.23
           /32 host LOCAL
     |-- 198.51.100.7
        /32 host LOCAL
Local:
  +-- 0.0.0.0/0 3 0 5
     |-- 10.0.3.5
        /32 host LOCAL
`;

const route = `Iface	Destination	Gateway 	Flags	RefCnt	Use	Metric	Mask		MTU	Window	IRTT
eth0	00000000	0103000A	0003	0	0	0	00000000	0	0	0
eth0	0003000A	00000000	0001	0	0	0	00FFFFFF	0	0	0
lan1	0080A8C0	00000000	0001	0	0	0	00C0FFFF	0	0	0
`;

const inet6 = `fe8000000000000000fc00fffe000001 03 40 20 80     eth0
00000000000000000000000000000001 01 80 10 80       lo
fd000000000000000000000000000002 03 40 00 82     eth0
20010db8000000000001000000000001 02 30 00 82     lan1
`;

test('addresses come by family and interface, without lo and link-local ones', () => {
  expect(addressesIn({ dev, fibTrie, route, inet6 })).toEqual([
    { name: 'lan1', family: 4, address: '192.168.128.23', prefix: 18 },
    { name: 'lan1', family: 4, address: '198.51.100.7', prefix: 32 },
    { name: 'eth0', family: 4, address: '10.0.3.5', prefix: 24 },
    { name: 'lan1', family: 6, address: '2001:db8::1:0:0:1', prefix: 48 },
    { name: 'eth0', family: 6, address: 'fd00::2', prefix: 64 },
  ]);
});

test('a namespace that is gone has no addresses', () => {
  expect(addressesIn({ dev: '', fibTrie: '', route: '', inet6: '' })).toEqual([]);
});

test('names of interfaces may touch their counters', () => {
  expect(interfacesIn(dev)).toEqual(['lo', 'lan1', 'eth0']);
});
