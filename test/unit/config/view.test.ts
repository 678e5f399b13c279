import { expect, expectTypeOf, test } from 'vitest';
import type {
  Address4,
  Gateway,
  MountEntry,
  NetType,
  ResourceLimit,
  Rootfs,
} from '../../../src/config/index.ts';
import { parse } from './support.ts';

const config = parse([
  'lxc.tty.max = 2',
  'lxc.net.3.type = veth',
  'lxc.net.3.ipv4.address = 10.0.0.1/8',
  'lxc.prlimit.nofile = 5',
  'lxc.namespace.share.net = other',
]);

test('values have the type of their key, and a default takes absence away', () => {
  expectTypeOf(config.value('lxc.tty.max')).toEqualTypeOf<number>();
  expectTypeOf(config.value('lxc.uts.name')).toEqualTypeOf<string | undefined>();
  expectTypeOf(config.value('lxc.rootfs.path')).toEqualTypeOf<Rootfs | undefined>();
  expectTypeOf(config.many('lxc.mount.entry')[0]?.value).toEqualTypeOf<MountEntry | undefined>();
  expect(config.value('lxc.tty.max')).toBe(2);
  expect(config.value('lxc.uts.name')).toBeUndefined();
});

test('members of families have the type of their family and their name', () => {
  const [limit] = config.family('lxc.prlimit');
  expectTypeOf(limit?.value).toEqualTypeOf<ResourceLimit | undefined>();
  expect(limit).toMatchObject({ name: 'nofile', key: 'lxc.prlimit.nofile', value: { soft: 5n } });
  expect(config.family('lxc.namespace.share').map(({ name }) => name)).toEqual(['net']);
});

test('interfaces answer for their own keys', () => {
  const [net] = config.nets;
  expectTypeOf(net?.value('type')).toEqualTypeOf<NetType | undefined>();
  expectTypeOf(net?.value('ipv4.gateway')).toEqualTypeOf<Gateway | undefined>();
  expectTypeOf(net?.many('ipv4.address')[0]?.value).toEqualTypeOf<Address4 | undefined>();
  expect(net?.first.origin.line).toBe(2);
  expect(net?.value('veth.mode')).toBe('bridge');
  expect(net?.many('ipv6.address')).toEqual([]);
});

test('a key that does not exist does not compile', () => {
  // @ts-expect-error: the compiler knows every key
  expect(() => config.value('lxc.tty.mxa')).toThrow();
  // @ts-expect-error: interfaces are reached through nets
  expect(() => config.value('lxc.net.0.type')).toThrow();
});
