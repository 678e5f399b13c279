/** Addresses and names of network interfaces. */

import { isIPv4, nodeNet } from '../../base/net.ts';
import { bad, numberBetween, shortText, splitBlank, wholeNumber } from '../codec.ts';
import type { Codec } from '../row.ts';
import type { ConfigIo } from '../types.ts';

export const netTypes = ['none', 'empty', 'veth', 'macvlan', 'ipvlan', 'vlan', 'phys'] as const;
export type NetType = (typeof netTypes)[number];

/** The kernel's IFNAMSIZ is 16 and counts the closing zero. */
export const ifName: Codec<string> = {
  ...shortText('NAME', 15),
  parse(value) {
    const name = shortText('NAME', 15).parse(value);
    if (name === '.' || name === '..' || /[/\s]/.test(name)) throw bad('it is not the name of an interface');
    return name;
  },
};

/** C LXC takes any text for `up`, even "down". */
export const up: Codec<boolean> = {
  form: 'up',
  choices: ['up'],
  parse(value) {
    if (value.toLowerCase() === 'up') return true;
    throw bad('the one flag is "up"', 'leave the value empty for an interface that stays down');
  },
  show: (value) => (value ? 'up' : ''),
};

/** Six bytes; digits written as `x` are drawn when the file is read. */
export const hardwareAddress: Codec<string> = {
  form: 'AA:BB:CC:DD:EE:FF',
  parse(value) {
    if (!/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(value)) {
      throw bad(
        'it is not a hardware address',
        'the form is 00:16:3e:xx:xx:xx, where each x is a random digit',
      );
    }
    return value;
  },
  show: (value) => value,
  resolve: fillWildcards,
};

// The lowest bit of the first byte marks a multicast address, which an interface cannot have.
export function fillWildcards(value: string, io: Pick<ConfigIo, 'nibble'>): string {
  return value.replaceAll(/x/gi, (_, at: number) =>
    (at === 1 ? io.nibble() & 0xe : io.nibble()).toString(16),
  );
}

export interface Address4 {
  readonly address: string;
  readonly prefix: number;
  /** `undefined` for /31 and /32, which have none. */
  readonly broadcast: string | undefined;
}

export const address4: Codec<Address4> = {
  form: 'ADDRESS[/PREFIX] [BROADCAST]',
  parse: parseAddress4,
  show: ({ address, prefix }) => `${address}/${prefix}`,
  lint: (value) => (value.includes('/') ? undefined : prefixQuirk(parseAddress4(value))),
};

function parseAddress4(value: string): Address4 {
  const [where = '', broadcast, ...rest] = splitBlank(value);
  const [address = '', length, ...slashes] = where.split('/');
  if (!isIPv4(address) || slashes.length > 0) throw bad(`"${where}" is not an IPv4 address`);
  if (rest.length > 0) throw bad(`"${rest.join(' ')}" stands after the broadcast address`);
  if (broadcast !== undefined && !isIPv4(broadcast)) throw bad(`"${broadcast}" is not an IPv4 address`);
  const prefix = length === undefined ? classPrefix(address) : prefixLength(length, 32);
  return { address, prefix, broadcast: broadcast ?? broadcastOf(address, prefix) };
}

function prefixQuirk({ address, prefix }: Address4): string {
  return `${address} has no prefix; /${prefix} is taken from its class, C LXC may take another`;
}

/** Classes A, B and C of RFC 791; the rest has no prefix that could be guessed. */
function classPrefix(address: string): number {
  const first = Number(address.slice(0, address.indexOf('.')));
  if (first < 128) return 8;
  if (first < 192) return 16;
  if (first < 224) return 24;
  throw bad(`${address} has no prefix and belongs to no class that has one`, 'write ADDRESS/PREFIX');
}

function prefixLength(digits: string, most: number): number {
  const length = /^[0-9]{1,3}$/.test(digits) ? Number(digits) : Number.NaN;
  if (length <= most) return length;
  throw bad(`"/${digits}" is not a prefix length from 0 to ${most}`);
}

function broadcastOf(address: string, prefix: number): string | undefined {
  if (prefix >= 31) return undefined;
  const number = address.split('.').reduce((sum, byte) => sum * 256 + Number(byte), 0);
  const hosts = 2 ** (32 - prefix);
  const last = Math.floor(number / hosts) * hosts + hosts - 1;
  return [24, 16, 8, 0].map((shift) => Math.floor(last / 2 ** shift) % 256).join('.');
}

export interface Address6 {
  readonly address: string;
  readonly prefix: number;
}

export const address6: Codec<Address6> = {
  form: 'ADDRESS[/PREFIX]',
  parse(value) {
    const [address = '', length, ...slashes] = value.split('/');
    if (!isPlainIPv6(address) || slashes.length > 0) throw bad(`"${value}" is not an IPv6 address`);
    return { address, prefix: length === undefined ? 64 : prefixLength(length, 128) };
  },
  show: ({ address, prefix }) => `${address}/${prefix}`,
};

function isPlainIPv6(value: string): boolean {
  return nodeNet().isIPv6(value) && !value.includes('%');
}

/** `auto`: the address of the host's end; `dev`: a route through the interface without a next hop. */
export type Gateway = 'auto' | 'dev' | { readonly address: string };

export const gateway4 = gateway('IPv4', isIPv4);
export const gateway6 = gateway('IPv6', isPlainIPv6);

function gateway(family: string, isAddress: (value: string) => boolean): Codec<Gateway> {
  return {
    form: 'ADDRESS|auto|dev',
    parse(value) {
      if (value === 'auto' || value === 'dev') return value;
      if (isAddress(value)) return { address: value };
      throw bad(`it is neither an ${family} address nor auto nor dev`);
    },
    show: (value) => (typeof value === 'string' ? value : value.address),
  };
}

export interface Route {
  readonly address: string;
  readonly prefix: number;
}

export const route4 = route('IPv4', isIPv4, 32);
export const route6 = route('IPv6', isPlainIPv6, 128);

function route(family: string, isAddress: (value: string) => boolean, most: number): Codec<Route> {
  return {
    form: 'ADDRESS/PREFIX',
    parse(value) {
      const [address = '', length, ...slashes] = value.split('/');
      if (length === undefined || slashes.length > 0) throw bad('it is not of the form ADDRESS/PREFIX');
      if (!isAddress(address)) throw bad(`"${address}" is not an ${family} address`);
      return { address, prefix: prefixLength(length, most) };
    },
    show: ({ address, prefix }) => `${address}/${prefix}`,
  };
}

/** A VLAN of a bridge port, of which 4095 is reserved; `none` takes the port out of the untagged one. */
export const bridgeVlan: Codec<number | 'none'> = {
  form: '0-4094|none',
  parse: (value) => (value === 'none' ? value : vlanId.parse(value)),
  show: String,
};

export const vlanId: Codec<number> = numberBetween('0-4094', 0n, 4094n);

export const queues: Codec<number> = numberBetween('NUMBER', 1n, 0x7fff_ffffn);

export const mtu: Codec<number> = {
  form: 'BYTES',
  parse(value) {
    const bytes = /^[0-9]+$/.test(value) ? wholeNumber(value.replace(/^0+(?=.)/, '')) : undefined;
    if (bytes === undefined || bytes === 0n || bytes > 0x7fff_ffffn) throw bad('it is not a number of bytes');
    return Number(bytes);
  },
  show: (_, written) => written,
};
