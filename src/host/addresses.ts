/**
 * Addresses of a network namespace, read from /proc/PID/net without entering it. IPv4 addresses are listed there
 * without their interface (fib_trie), which is therefore looked up among the connected networks (route).
 */

import type { BlockList } from 'node:net';
import { Grounds } from '../base/grounds.ts';
import { isIPv4, nodeNet } from '../base/net.ts';
import { textIfReadable } from '../base/text-file.ts';

export interface InterfaceAddress {
  readonly name: string;
  readonly family: 4 | 6;
  readonly address: string;
  readonly prefix: number;
}

/** The texts of four files of /proc/PID/net. */
export interface NetTexts {
  readonly dev: string;
  readonly fibTrie: string;
  readonly route: string;
  readonly inet6: string;
}

/** Of the namespace that `/proc/PID/net` shows; empty when the process is gone. */
export function readAddresses(
  pid: number | 'self',
  grounds: Grounds = new Grounds(),
): readonly InterfaceAddress[] {
  return addressesIn(readNetTexts(pid, grounds));
}

/** All interfaces of that namespace but lo, in the kernel's order. */
export function readInterfaces(pid: number | 'self'): readonly string[] {
  return interfacesIn(readText(pid, 'dev')).filter((name) => name !== 'lo');
}

/** Counters in `dev` change all the time, and addresses with the other three, so it is no ground. */
function readNetTexts(pid: number | 'self', grounds: Grounds): NetTexts {
  const text = (file: string) => grounds.text(`/proc/${pid}/net/${file}`) ?? '';
  return {
    dev: readText(pid, 'dev'),
    fibTrie: text('fib_trie'),
    route: text('route'),
    inet6: text('if_inet6'),
  };
}

/** A file that cannot be read (no IPv6, the process has ended) counts as empty. */
function readText(pid: number | 'self', file: string): string {
  return textIfReadable(`/proc/${pid}/net/${file}`, 'latin1') ?? '';
}

/**
 * In the order of C LXC: IPv4 before IPv6, each by interface. Those of lo and link-local ones of IPv6 are left
 * out.
 */
export function addressesIn(texts: NetTexts): readonly InterfaceAddress[] {
  const names = interfacesIn(texts.dev);
  const found = [...addresses4(texts, names), ...addresses6(texts.inet6)];
  const rank = (one: InterfaceAddress) => (one.family - 4) * names.length + names.indexOf(one.name);
  return found.filter(({ name }) => name !== 'lo').sort((left, right) => rank(left) - rank(right));
}

export function interfacesIn(dev: string): readonly string[] {
  return dev.split('\n').flatMap((line) => /^ *([^\s:]+): *[0-9]/.exec(line)?.[1] ?? []);
}

function addresses4({ fibTrie, route }: NetTexts, names: readonly string[]): readonly InterfaceAddress[] {
  const networks = connectedNetworks(route);
  return localAddresses(fibTrie).flatMap((address) => {
    const network = networks.find(({ block }) => block.check(address, 'ipv4'));
    // An address without a network (/32) is that of an interface; which one is told nowhere in /proc.
    const name = network?.name ?? names.find((one) => one !== 'lo');
    return name === undefined ? [] : [{ name, family: 4, address, prefix: network?.prefix ?? 32 }];
  });
}

/** `|-- 10.0.3.5`, and among the lines behind it `/32 host LOCAL`; the tables Main and Local may both have it. */
function localAddresses(fibTrie: string): readonly string[] {
  const found = new Set<string>();
  let leaf = '';
  for (const line of fibTrie.split('\n')) {
    leaf = /\|-- ([0-9.]+)$/.exec(line)?.[1] ?? leaf;
    if (/^ +\/32 host LOCAL$/.test(line) && isIPv4(leaf) && !leaf.startsWith('127.')) found.add(leaf);
  }
  return [...found];
}

interface ConnectedNetwork {
  readonly name: string;
  readonly prefix: number;
  readonly block: BlockList;
}

/** Routes without a gateway, the narrowest first. */
function connectedNetworks(route: string): readonly ConnectedNetwork[] {
  const networks = route.split('\n').flatMap((line): readonly ConnectedNetwork[] => {
    const [name, destination = '', gateway, , , , , mask = ''] = line.trim().split(/\s+/);
    const prefix = prefixOfMask(mask);
    if (name === undefined || gateway !== '00000000' || prefix === 0) return [];
    const block = new (nodeNet().BlockList)();
    block.addSubnet(addressOfHex(destination), prefix, 'ipv4');
    return [{ name, prefix, block }];
  });
  return networks.sort((left, right) => right.prefix - left.prefix);
}

/** The kernel prints the bytes of an address in network order as one little-endian number. */
function addressOfHex(hex: string): string {
  return [...Buffer.from(hex, 'hex').reverse()].join('.');
}

function prefixOfMask(hex: string): number {
  const bits = [...Buffer.from(hex, 'hex')].map((byte) => byte.toString(2).replaceAll('0', '').length);
  return bits.reduce((sum, count) => sum + count, 0);
}

const scopeLink = 0x20;

/** `fd000000...05 02 40 00 80 eth0`: address, index, prefix, scope, flags, name, all numbers hexadecimal. */
function addresses6(inet6: string): readonly InterfaceAddress[] {
  return inet6.split('\n').flatMap((line): readonly InterfaceAddress[] => {
    const [hex = '', , prefix = '', scope = '', , name] = line.trim().split(/\s+/);
    if (name === undefined || Number.parseInt(scope, 16) === scopeLink) return [];
    return [{ name, family: 6, address: address6OfHex(hex), prefix: Number.parseInt(prefix, 16) }];
  });
}

function address6OfHex(hex: string): string {
  const address = hex.replaceAll(/(.{4})(?!$)/g, '$1:');
  return new (nodeNet().SocketAddress)({ address, family: 'ipv6' }).address;
}
