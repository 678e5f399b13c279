/** What nft and dnsmasq are told. Names of tables are those of LXC's own lxc-net, so that either cleans up after the other. */

import type { NetSettings } from './settings.ts';

const tables = ['inet', 'ip', 'ip6'] as const;

/** Tables are added before they are deleted, so that it does not matter whether they are there. */
export const clearRules = tables
  .map((family) => `add table ${family} lxc; delete table ${family} lxc`)
  .join('; ');

/** One transaction: the old rules hold until the new ones do. */
export function natRules({ bridge, ipv4, ipv6 }: NetSettings): string {
  return [
    clearRules,
    'add table inet lxc',
    'add chain inet lxc input { type filter hook input priority 0; }',
    'add chain inet lxc forward { type filter hook forward priority 0; }',
    ...['udp', 'tcp'].map(
      (protocol) => `add rule inet lxc input iifname "${bridge}" ${protocol} dport { 53, 67 } accept`,
    ),
    ...['iifname', 'oifname'].map((way) => `add rule inet lxc forward ${way} "${bridge}" accept`),
    ...(ipv4 === undefined ? [] : masquerade('ip', ipv4.network)),
    ...(ipv6 === undefined || ipv6.network === '' ? [] : masquerade('ip6', ipv6.network)),
  ].join('; ');
}

function masquerade(family: 'ip' | 'ip6', network: string): readonly string[] {
  return [
    `add table ${family} lxc`,
    `add chain ${family} lxc postrouting { type nat hook postrouting priority 100; }`,
    `add rule ${family} lxc postrouting ${family} saddr ${network} ${family} daddr != ${network} counter masquerade`,
  ];
}

/** It goes into the background by itself, once it listens. */
export function dnsmasqArgv(
  { bridge, ipv4, ipv6, dhcp }: NetSettings,
  user: string | undefined,
): readonly string[] {
  return [
    `--conf-file=${dhcp.file === '' ? '/dev/null' : dhcp.file}`,
    '--strict-order',
    '--bind-interfaces',
    '--except-interface=lo',
    `--interface=${bridge}`,
    '--pid-file=/run/lxc/dnsmasq.pid',
    ...(user === undefined ? [] : [`--user=${user}`]),
    ...(dhcp.domain === '' ? [] : [`--domain=${dhcp.domain}`, `--local=/${dhcp.domain}/`]),
    ...(dhcp.ping ? [] : ['--no-ping']),
    ...(ipv4 === undefined ? [] : [`--listen-address=${ipv4.address}`, `--dhcp-range=${dhcp.range}`]),
    ...(ipv6 === undefined
      ? []
      : [`--listen-address=${ipv6.address}`, `--dhcp-range=${ipv6.address},ra-only`]),
    `--dhcp-lease-max=${dhcp.most}`,
    '--dhcp-no-override',
    `--dhcp-leasefile=/var/lib/misc/dnsmasq.${bridge}.leases`,
    '--dhcp-authoritative',
  ];
}
