/**
 * The bridge of the host as two programs: what `lxc-net start` makes, each op with its inverse, and what `lxc-net stop`
 * takes away. Addresses by DHCP and names come from dnsmasq, the translation of addresses from nft.
 */

import { addAddress } from '../../netlink/address.ts';
import { bringUp, createBridge, deleteLink } from '../../netlink/link.ts';
import type { Op } from '../../wire/ops.ts';
import type { PlannedOp, Program, Provenance } from '../../wire/program.ts';
import { netlinkOnce, netlinkOp, netlinkUndo } from '../network/nic.ts';
import type { BridgeAddress, NetSettings } from './settings.ts';
import { clearRules, dnsmasqArgv, natRules } from './tools.ts';

/** As LXC has it; other programs look for `network_up`. */
export const netFiles = { dir: '/run/lxc', up: '/run/lxc/network_up', pid: '/run/lxc/dnsmasq.pid' } as const;

export interface NetFacts {
  readonly nft: string;
  readonly dnsmasq: string;
  /** Whom dnsmasq becomes. */
  readonly user: string | undefined;
  /** `NAME=VALUE`, of the programs. */
  readonly env: readonly string[];
  /** 0 where none runs. */
  readonly dnsmasqPid: number;
  readonly hasBridge: boolean;
  /** Something is on it. */
  readonly inUse: boolean;
}

export function planNetStart(settings: NetSettings, facts: NetFacts): Program {
  const { bridge, hwaddr } = settings;
  const why = whyOf(settings);
  // One that is there, with containers on it perhaps, is used as it is and never removed again by a failure.
  const create = netlinkOp(createBridge(bridge, hwaddr), why('LXC_BRIDGE', `create the bridge ${bridge}`), [
    netlinkUndo(deleteLink(bridge)),
  ]);
  return program([
    {
      op: 'mkdir',
      args: { path: netFiles.dir, where: 0, mode: 0o755 },
      why: why('LXC_BRIDGE', `make ${netFiles.dir}`),
    },
    ...(facts.hasBridge ? [] : [create]),
    ...addresses(settings).map(([name, one]) =>
      netlinkOnce(
        addAddress({ link: bridge, address: one.address, prefix: one.prefix }),
        why(name, `give ${bridge} the address ${one.address}/${one.prefix}`),
      ),
    ),
    netlinkOp(bringUp(bridge), why('LXC_BRIDGE', `bring ${bridge} up`)),
    ...forwarding(settings),
    {
      ...spawn([facts.nft, natRules(settings)], facts),
      why: why('LXC_NETWORK', 'set the rules of nft'),
      undo: [spawn([facts.nft, clearRules], facts)],
    },
    {
      ...write(netFiles.up, ''),
      why: why('LXC_BRIDGE', `write ${netFiles.up}`),
      undo: [{ op: 'unlink', args: { path: netFiles.up } }],
    },
    {
      ...spawn([facts.dnsmasq, ...dnsmasqArgv(settings, facts.user)], facts),
      why: why('LXC_DHCP_RANGE', 'start dnsmasq'),
    },
  ]);
}

/** What is not there any more is no failure; a bridge that containers are on stays. */
export function planNetStop(settings: NetSettings, facts: NetFacts): Program {
  const why = whyOf(settings);
  const { bridge } = settings;
  const end: Op = { op: 'signal', args: { socket: '', pid: facts.dnsmasqPid, signal: 15 } };
  return program([
    ...(facts.dnsmasqPid === 0
      ? []
      : [{ ...end, why: why('LXC_DHCP_RANGE', 'end dnsmasq'), optional: true }]),
    {
      ...spawn([facts.nft, clearRules], facts),
      why: why('LXC_NETWORK', 'remove the rules of nft'),
      optional: true,
    },
    ...(facts.inUse
      ? []
      : [{ ...netlinkUndo(deleteLink(bridge)), why: why('LXC_BRIDGE', `remove the bridge ${bridge}`) }]),
    ...[netFiles.pid, netFiles.up].map((path): PlannedOp => {
      return { op: 'unlink', args: { path }, why: why('LXC_BRIDGE', `remove ${path}`) };
    }),
  ]);
}

function addresses({
  ipv4,
  ipv6,
}: NetSettings): readonly (readonly ['LXC_ADDR' | 'LXC_IPV6_ADDR', BridgeAddress])[] {
  return [
    ...(ipv4 === undefined ? [] : [['LXC_ADDR', ipv4] as const]),
    ...(ipv6 === undefined ? [] : [['LXC_IPV6_ADDR', ipv6] as const]),
  ];
}

function forwarding(settings: NetSettings): readonly PlannedOp[] {
  const why = whyOf(settings);
  const on = (name: 'LXC_ADDR' | 'LXC_IPV6_ADDR', path: string): PlannedOp => ({
    ...write(`/proc/sys/net/${path}`, '1'),
    why: why(name, `switch ${path} on`),
  });
  return addresses(settings).map(([name]) =>
    on(name, name === 'LXC_ADDR' ? 'ipv4/ip_forward' : 'ipv6/conf/all/forwarding'),
  );
}

type Why = (name: Parameters<NetSettings['origin']>[0], act: string) => Provenance;

function whyOf(settings: NetSettings): Why {
  return (name, act) => ({ key: name, origin: settings.origin(name), act });
}

const createTruncated = 0o100 | 0o1000;

function write(path: string, text: string): Op {
  const flags = path.startsWith('/proc/') ? 0 : createTruncated;
  return { op: 'writeFile', args: { path, text: Buffer.from(text), flags, mode: 0o644 } };
}

function spawn(argv: readonly string[], { env }: NetFacts): Op {
  return { op: 'spawn', args: { argv, env } };
}

function program(parent: readonly PlannedOp[]): Program {
  return { parent, child: [], settings: [], after: 'return', exit: 'zero' };
}
