/** What a network plan must know of the host: the interfaces that the configuration names, read in our namespace. */

import { existsSync, readFileSync, statSync } from 'node:fs';
import { installRoot } from '../base/install.ts';
import { textIfReadable } from '../base/text-file.ts';
import type { Net } from '../config/index.ts';
import { neededSysctls } from '../plan/network/index.ts';
import type { LinkFact, NetworkFacts } from '../plan/network-contract.ts';
import { interfacesIn, readAddresses } from './addresses.ts';
import { findTools } from './tools.ts';

const sysfs = '/sys/class/net';

interface Caller {
  readonly uid: number;
  /** `NAME=VALUE`, by whose PATH tools are found. */
  readonly env: readonly string[];
}

export function readNetworkFacts(nets: readonly Net[], { uid, env }: Caller): NetworkFacts {
  const named = new Set(
    nets.flatMap((net) => [net.one('link')?.value ?? [], net.one('veth.pair')?.value ?? []].flat()),
  );
  const starts = [...named].flatMap((name) => (name.endsWith('+') ? name.slice(0, -1) : []));
  const present = named.size === 0 ? [] : interfacesIn(readFileSync('/proc/self/net/dev', 'latin1'));
  const links = present
    .filter((name) => named.has(name) || starts.some((start) => name.startsWith(start)))
    .map((name): [string, LinkFact] => [name, linkFact(name)]);
  const userNics = uid === 0 || links.length === 0 ? [] : findUserNics();
  const isSwitched = links.some(([, { kind }]) => kind === 'openvswitch');
  return {
    links: new Map(addressed(nets, links)),
    ipv6: existsSync('/proc/sys/net/ipv6'),
    sysctls: readSysctls(neededSysctls(nets)),
    ...(userNics.length === 0 ? {} : { userNics }),
    ...(isSwitched ? { hasSwitchTool: findTools(['ovs-vsctl'], env).size > 0 } : {}),
  };
}

const service = '/run/lxc/user-nic';

/** Ours where its service may listen, or where root has made it setuid; behind it that of LXC. */
function findUserNics(): readonly string[] {
  const own = `${installRoot}/bin/lxc-user-nic`;
  const isOurs = existsSync(service) ? existsSync(own) : isSetuidRoot(own);
  const other = findOther();
  return [...(isOurs ? [own] : []), ...(other === undefined ? [] : [other])];
}

function isSetuidRoot(path: string): boolean {
  const found = statSync(path, { throwIfNoEntry: false });
  return found?.uid === 0 && (found.mode & 0o4000) !== 0;
}

/** It stands in no PATH: each distribution has its own place for it. */
function findOther(): string | undefined {
  const directories = [
    '/usr/libexec/lxc',
    '/usr/lib/lxc',
    '/usr/lib/x86_64-linux-gnu/lxc',
    '/usr/lib/aarch64-linux-gnu/lxc',
  ];
  return directories.map((directory) => `${directory}/lxc-user-nic`).find((path) => existsSync(path));
}

function readSysctls(paths: readonly string[]): ReadonlyMap<string, string> {
  return new Map(
    paths.flatMap((path) => {
      const value = textIfReadable(`/proc/sys/${path}`, 'latin1')?.trim();
      return value === undefined ? [] : [[path, value]];
    }),
  );
}

/**
 * The mount of sysfs may belong to another network namespace than ours and then not know the interface: it
 * counts as a bridge, and the kernel will say so if it is none.
 */
function linkFact(name: string): LinkFact {
  const directory = `${sysfs}/${name}`;
  const vlan = vlanFact(`${directory}/bridge`);
  return {
    index: number(`${directory}/ifindex`) ?? 0,
    mtu: mtuOf(name),
    kind: existsSync(directory) ? kindOf(name) : 'bridge',
    hwaddr: textIfReadable(`${directory}/address`, 'latin1')?.trim() ?? '',
    addresses: [],
    ...(vlan === undefined ? {} : { vlan }),
  };
}

function vlanFact(directory: string): LinkFact['vlan'] {
  const filtering = number(`${directory}/vlan_filtering`);
  if (filtering === undefined) return undefined;
  return { filtering: filtering === 1, defaultPvid: number(`${directory}/default_pvid`) ?? 0 };
}

function kindOf(name: string): LinkFact['kind'] {
  if (existsSync(`${sysfs}/${name}/bridge`)) return 'bridge';
  // Bridges of Open vSwitch look like any virtual interface; its datapath is there while it runs.
  const virtual = !existsSync(`${sysfs}/${name}/device`);
  return virtual && existsSync(`${sysfs}/ovs-system`) ? 'openvswitch' : 'other';
}

function mtuOf(name: string): number {
  return number(`${sysfs}/${name}/mtu`) ?? number(`/proc/sys/net/ipv6/conf/${name}/mtu`) ?? 1500;
}

function number(file: string): number | undefined {
  const value = textIfReadable(file, 'latin1');
  return value === undefined ? undefined : Number(value);
}

/** Addresses are read only where a gateway asks for them. */
function addressed(
  nets: readonly Net[],
  links: readonly [string, LinkFact][],
): readonly [string, LinkFact][] {
  if (!nets.some(hasAutomaticGateway)) return links;
  const all = readAddresses('self');
  return links.map(([name, fact]) => [name, { ...fact, addresses: all.filter((one) => one.name === name) }]);
}

function hasAutomaticGateway(net: Net): boolean {
  return net.one('ipv4.gateway')?.value === 'auto' || net.one('ipv6.gateway')?.value === 'auto';
}
