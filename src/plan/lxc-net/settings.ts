/**
 * `/etc/default/lxc-net`: what the bridge of the host is like.
 */

import { LxcError, type Origin } from '../../base/error.ts';
import { isIPv4, nodeNet } from '../../base/net.ts';
import { assignments } from '../assignments.ts';

const defaults = {
  USE_LXC_BRIDGE: 'true',
  LXC_BRIDGE: 'lxcbr0',
  LXC_BRIDGE_MAC: '00:16:3e:00:00:00',
  LXC_ADDR: '10.0.3.1',
  LXC_NETMASK: '255.255.255.0',
  LXC_NETWORK: '10.0.3.0/24',
  LXC_DHCP_RANGE: '10.0.3.2,10.0.3.254',
  LXC_DHCP_MAX: '253',
  LXC_DHCP_CONFILE: '',
  LXC_DHCP_PING: 'true',
  LXC_DOMAIN: '',
  LXC_IPV6_ADDR: '',
  LXC_IPV6_MASK: '',
  LXC_IPV6_NETWORK: '',
  LXC_IPV6_NAT: 'false',
} as const;

type Name = keyof typeof defaults;

export interface BridgeAddress {
  readonly address: string;
  readonly prefix: number;
  /** `ADDRESS/PREFIX` of what is behind the bridge; '' where nothing is translated. */
  readonly network: string;
  readonly origin: Origin | undefined;
}

export interface NetSettings {
  readonly on: boolean;
  readonly bridge: string;
  readonly hwaddr: string;
  readonly ipv4: BridgeAddress | undefined;
  readonly ipv6: BridgeAddress | undefined;
  readonly dhcp: {
    readonly range: string;
    readonly most: string;
    /** '' for none. */
    readonly file: string;
    readonly ping: boolean;
    readonly domain: string;
  };
  readonly origin: (name: Name) => Origin | undefined;
}

/** `text`: undefined where there is no file. */
export function readSettings(file: string, text: string | undefined): NetSettings {
  const given = assignments(file, text ?? '');
  const value = (name: Name) => given.get(name)?.value ?? defaults[name];
  const origin = (name: Name) => given.get(name)?.origin;
  const check = (name: Name, isGood: (value: string) => boolean, form: string) => {
    if (value(name) === '' || isGood(value(name))) return value(name);
    throw new LxcError(`Cannot use "${value(name)}" for ${name}: it is not ${form}`, {
      origin: origin(name),
    });
  };
  return {
    on: value('USE_LXC_BRIDGE') === 'true',
    bridge: check('LXC_BRIDGE', (name) => /^[^/\s".]{1,15}$/.test(name), 'the name of an interface'),
    hwaddr: check(
      'LXC_BRIDGE_MAC',
      (mac) => /^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/i.test(mac),
      'a hardware address',
    ),
    ipv4: addressOf(check('LXC_ADDR', isIPv4, 'an IPv4 address'), {
      prefix: prefixOfMask(check('LXC_NETMASK', (mask) => prefixOfMask(mask) >= 0, 'a netmask')),
      network: check('LXC_NETWORK', isNetwork4, 'of the form ADDRESS/PREFIX'),
      origin: origin('LXC_ADDR'),
    }),
    ipv6: addressOf(check('LXC_IPV6_ADDR', isIPv6, 'an IPv6 address'), {
      prefix: Number(check('LXC_IPV6_MASK', isPrefix6, 'a prefix length') || 64),
      network:
        value('LXC_IPV6_NAT') === 'true'
          ? check('LXC_IPV6_NETWORK', isNetwork6, 'of the form ADDRESS/PREFIX')
          : '',
      origin: origin('LXC_IPV6_ADDR'),
    }),
    dhcp: {
      range: check('LXC_DHCP_RANGE', (range) => /^[0-9a-zA-Z.,:-]+$/.test(range), 'a range'),
      most: check('LXC_DHCP_MAX', (most) => /^[0-9]+$/.test(most), 'a number'),
      file: value('LXC_DHCP_CONFILE'),
      ping: value('LXC_DHCP_PING') === 'true',
      domain: value('LXC_DOMAIN'),
    },
    origin,
  };
}

function addressOf(address: string, more: Omit<BridgeAddress, 'address'>): BridgeAddress | undefined {
  return address === '' ? undefined : { address, ...more };
}

function isIPv6(text: string): boolean {
  return nodeNet().isIPv6(text) && !text.includes('%');
}

function isPrefix6(text: string): boolean {
  return /^[0-9]{1,3}$/.test(text) && Number(text) <= 128;
}

function isNetwork4(text: string): boolean {
  const [address = '', prefix = '', ...more] = text.split('/');
  return isIPv4(address) && /^[0-9]{1,2}$/.test(prefix) && Number(prefix) <= 32 && more.length === 0;
}

function isNetwork6(text: string): boolean {
  const [address = '', prefix = '', ...more] = text.split('/');
  return isIPv6(address) && isPrefix6(prefix) && more.length === 0;
}

/** 24 for 255.255.255.0 and for 24; -1 for what is no netmask. */
function prefixOfMask(mask: string): number {
  if (/^[0-9]{1,2}$/.test(mask) && Number(mask) <= 32) return Number(mask);
  if (!isIPv4(mask)) return -1;
  const bits = mask.split('.').map((byte) => Number(byte).toString(2).padStart(8, '0'));
  const ones = /^(1*)0*$/.exec(bits.join(''))?.[1];
  return ones?.length ?? -1;
}
