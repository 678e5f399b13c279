/**
 * Programs that the brain has run on the host for network interfaces: the `script.up` and `script.down` of the
 * configuration, and Open vSwitch's own tool, which alone can add a port to its bridges.
 */

import type { Entry, Net } from '../../config/index.ts';
import type { NetworkFacts } from '../network-contract.ts';
import type { HookCommand } from '../types.ts';
import { blame, refuse } from './nic.ts';
import { switchVlanWords } from './port-vlan.ts';

/** The `call` among the parent's ops at which the up scripts run. */
export const networkUp = 'network-up';

/** The one before interfaces of the host move in: up scripts of type phys find theirs on the host. */
export const networkLend = 'network-lend';

/** Whose up scripts are due at a call. */
export function netsAt(nets: readonly Net[], call: string): readonly Net[] {
  return nets.filter((net) => isLent(net) === (call === networkLend));
}

function isLent(net: Net): boolean {
  return net.one('type')?.value === 'phys';
}

export interface NetworkScriptsRequest {
  readonly when: 'up' | 'down';
  readonly container: string;
  readonly nets: readonly Net[];
  readonly facts: NetworkFacts;
  /** `items` of the network's plan: which end on the host belongs to which interface. */
  readonly items: ReadonlyMap<string, string>;
  /** `lxc.hook.version` */
  readonly hookVersion: 0 | 1;
  /** The environment that all hooks on the host get, `NAME=VALUE`. */
  readonly env: readonly string[];
}

/** In the order in which they are to run; one that fails going up ends the start. */
export function networkScripts(request: NetworkScriptsRequest): readonly HookCommand[] {
  return request.nets.flatMap((net) => {
    const script = net.one(`script.${request.when}`);
    const own = script === undefined ? [] : [scriptCommand(request, net, script)];
    const port = portCommand(request, net);
    return request.when === 'up' ? [...port, ...own] : [...own, ...port];
  });
}

/** Which calls there are, and whether something is to run at the end. */
export interface ScriptsDue {
  readonly lend: boolean;
  readonly up: boolean;
  readonly down: boolean;
}

export function scriptsDue(nets: readonly Net[], facts: NetworkFacts): ScriptsDue {
  const port = nets.some((net) => switchOf(net, facts) !== undefined);
  const hasUp = (call: string) => netsAt(nets, call).some((net) => net.one('script.up') !== undefined);
  return {
    lend: hasUp(networkLend),
    up: port || hasUp(networkUp),
    down: port || nets.some((net) => net.one('script.down') !== undefined),
  };
}

/** A bridge of Open vSwitch is in the hands of a program that may be missing, or refuses some VLANs. */
export function mustBeSwitchable(nets: readonly Net[], facts: NetworkFacts): void {
  for (const net of nets) {
    const bridge = switchOf(net, facts);
    if (bridge === undefined) continue;
    switchVlanWords(net);
    if (facts.hasSwitchTool !== false) continue;
    const hint = 'install openvswitch-switch, or name a bridge of the kernel';
    throw refuse(
      bridge,
      'it is a bridge of Open vSwitch, and there is no ovs-vsctl to add a port to it',
      hint,
    );
  }
}

function scriptCommand(request: NetworkScriptsRequest, net: Net, script: Entry<string>): HookCommand {
  const { when, container, hookVersion, env } = request;
  const why = blame(net, script, `run the script ${script.value}`);
  if (hookVersion === 1)
    return { text: `exec ${script.value}`, env: [...env, ...variables(request, net)], why };
  const words = [container, 'net', when, net.value('type') ?? '', ...hostWords(request, net, script)];
  return { text: ['exec', script.value, ...words.map(quote)].join(' '), env, why };
}

/** Link and host's end. A script of the dialect of LXC 0.9 to 2.0 expects the end of a veth pair without the link. */
function hostWords({ items }: NetworkScriptsRequest, net: Net, script: Entry<string>): readonly string[] {
  const type = net.value('type');
  if (type === 'empty' || type === 'none') return [];
  const pair = items.get(pairKey(net));
  const link = net.one('link')?.value;
  if (pair !== undefined && script.spelled.startsWith('lxc.network.')) return [pair];
  return [link, pair].filter((word) => word !== undefined);
}

function variables({ when, items }: NetworkScriptsRequest, net: Net): readonly string[] {
  const link = net.one('link')?.value;
  const pair = items.get(pairKey(net));
  return [
    `LXC_HOOK_TYPE=${when}`,
    'LXC_HOOK_SECTION=net',
    `LXC_NET_TYPE=${net.value('type') ?? ''}`,
    ...(link === undefined ? [] : [`LXC_NET_PARENT=${link}`]),
    ...(pair === undefined ? [] : [`LXC_NET_PEER=${pair}`]),
  ];
}

function portCommand({ when, facts, items, env }: NetworkScriptsRequest, net: Net): readonly HookCommand[] {
  const bridge = switchOf(net, facts);
  const pair = items.get(pairKey(net));
  if (bridge === undefined || pair === undefined) return [];
  const words = when === 'up' ? ['--may-exist', 'add-port'] : ['--if-exists', 'del-port'];
  const vlans = when === 'up' ? switchVlanWords(net) : [];
  const text = ['exec ovs-vsctl', ...words, quote(bridge.value), quote(pair), ...vlans].join(' ');
  const act =
    when === 'up' ? `add ${pair} to the Open vSwitch bridge` : `take ${pair} from the Open vSwitch bridge`;
  return [{ text, env, why: blame(net, bridge, `${act} ${bridge.value}`) }];
}

function switchOf(net: Net, facts: NetworkFacts): Entry<string> | undefined {
  const link = net.one('link');
  if (link === undefined || net.value('type') !== 'veth' || net.value('veth.mode') === 'router')
    return undefined;
  return facts.links.get(link.value)?.kind === 'openvswitch' ? link : undefined;
}

/** Where `items` and the command socket keep the name of the end on the host. */
export function pairKey(net: Net): string {
  return `lxc.net.${net.index}.veth.pair`;
}

/** One word of a shell's command line. */
function quote(word: string): string {
  return `'${word.replaceAll("'", `'\\''`)}'`;
}
