/** `veth.vlan.*`: the VLANs that the host's end of a pair has as port of a bridge. */

import type { Entry, Net } from '../../config/index.ts';
import { addPortVlan, deletePortVlan } from '../../netlink/bridge.ts';
import type { PlannedOp } from '../../wire/program.ts';
import type { LinkFact } from '../network-contract.ts';
import { blame, netlinkOp, refuse } from './nic.ts';

/** `none`: frames without a tag belong nowhere. */
interface PortVlans {
  readonly untagged: Entry<number | 'none'> | undefined;
  readonly tagged: readonly Entry<number>[];
}

/** `undefined` where nothing is asked for. */
export function portVlans(net: Net): PortVlans | undefined {
  const untagged = net.one('veth.vlan.id');
  const tagged = net.many('veth.vlan.tagged.id');
  if (untagged === undefined && tagged.length === 0) return undefined;
  const twice = tagged.find(({ value }) => value === untagged?.value);
  if (twice !== undefined) throw refuse(twice, `${untagged?.key} has it as the untagged VLAN`);
  return { untagged, tagged };
}

/** On a bridge of the kernel. Open vSwitch is told with the command that adds the port. */
export function portVlanOps(net: Net, pair: string, bridge: LinkFact): readonly PlannedOp[] {
  const vlans = portVlans(net);
  if (vlans === undefined) return [];
  const { untagged, tagged } = vlans;
  const link = net.one('link')?.value ?? '';
  const { defaultPvid } = mustFilter(untagged ?? tagged[0] ?? net.first, link, bridge);
  const why = (entry: Entry<unknown>, act: string) => blame(net, entry, `${act} of ${pair} on ${link}`);
  return [
    ...(untagged === undefined || defaultPvid === 0 || untagged.value === defaultPvid
      ? []
      : [netlinkOp(deletePortVlan(pair, defaultPvid), why(untagged, `take away the VLAN ${defaultPvid}`))]),
    ...(untagged === undefined || untagged.value === 'none'
      ? []
      : [
          netlinkOp(
            addPortVlan(pair, untagged.value, { untagged: true }),
            why(untagged, `set the VLAN ${untagged.value}`),
          ),
        ]),
    ...tagged.map((entry) =>
      netlinkOp(
        addPortVlan(pair, entry.value, { untagged: false }),
        why(entry, `add the tagged VLAN ${entry.value}`),
      ),
    ),
  ];
}

function mustFilter(entry: Net['first'], link: string, { vlan }: LinkFact): NonNullable<LinkFact['vlan']> {
  if (vlan === undefined) {
    const hint = 'it needs CONFIG_BRIDGE_VLAN_FILTERING and CONFIG_VLAN_8021Q';
    throw refuse(entry, 'the bridges of this kernel know no VLANs', hint);
  }
  if (vlan.filtering) return vlan;
  throw refuse(
    entry,
    `the bridge ${link} does not look at VLANs`,
    `run "ip link set ${link} type bridge vlan_filtering 1"`,
  );
}

/** Words for `ovs-vsctl`, behind `add-port BRIDGE PORT`. */
export function switchVlanWords(net: Net): readonly string[] {
  const vlans = portVlans(net);
  if (vlans === undefined) return [];
  const { untagged, tagged } = vlans;
  const trunks = tagged.map(({ value }) => value).join(',');
  if (untagged === undefined || untagged.value === 'none') {
    const entry = untagged ?? net.first;
    if (trunks === '') {
      const hint = `add lxc.net.${net.index}.veth.vlan.tagged.id`;
      throw refuse(entry, 'a port of an Open vSwitch bridge is in some VLAN', hint);
    }
    return ['vlan_mode=trunk', `trunks=${trunks}`];
  }
  if (trunks === '') return ['vlan_mode=access', `tag=${untagged.value}`];
  return ['vlan_mode=native-untagged', `tag=${untagged.value}`, `trunks=${trunks}`];
}
