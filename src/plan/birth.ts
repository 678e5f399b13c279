/** Init is born, and given what only its parent can give: ids, cgroups of its own, mounts with mapped ids. */

import { ownCgroups, shareCgroups } from '../cgroup/owner.ts';
import type { PlannedOp } from '../wire/program.ts';
import { always, post, step } from '../wire/step.ts';
import type { Context } from './context.ts';
import { writeMaps } from './idmap.ts';
import { cloneRoot } from './mapped-mounts.ts';
import { listedTrees } from './mounts.ts';
import { enteredBefore, flagsOf } from './namespaces.ts';
import type { NetworkPlan } from './network-contract.ts';

/** Made before the ids are mapped, the files of /sys/class/net would belong to nobody of the container. */
export function netIsLate({ ids, spaces }: Context): boolean {
  return ids !== undefined && spaces.cloned.has('net');
}

export function giveIds(context: Context, needs: { readonly cgroups: boolean }): readonly PlannedOp[] {
  if (context.ids === undefined) return [];
  const early = needs.cgroups ? [] : giveCgroups(context);
  return [...early, ...writeMaps(context.ids, context.facts.ids), post('startup')];
}

/** In the order in which the child takes them. */
export function sendTrees(context: Context): readonly PlannedOp[] {
  return context.spaces.cloned.has('mnt') ? [...cloneRoot(context), ...listedTrees(context)] : [];
}

export function giveCgroups({ ids, cgroups, facts }: Context): readonly PlannedOp[] {
  // A user cannot give away what is his.
  return ids === undefined || facts.ids.user !== undefined
    ? []
    : ownCgroups(cgroups.places, ids.outside, ids.first);
}

/** A user's cgroups, which the child shares while it still has the user's id. */
export function lendCgroups({ ids, cgroups, facts }: Context): readonly PlannedOp[] {
  if (ids === undefined || ids.isShared || facts.ids.user === undefined || cgroups.places.length === 0)
    return [];
  return shareCgroups(cgroups.places, ids.inside.gid, ids.first);
}

export function entered({ spaces, ids, facts }: Context): readonly string[] {
  return enteredBefore(spaces, ids !== undefined, facts.ids.user !== undefined);
}

/** The cgroup namespace is unshared by the child: its root is where a process stands at that moment. */
export function clone(context: Context, network: NetworkPlan): PlannedOp {
  const { spaces, cgroups } = context;
  const late = new Set(['cgroup', 'time', ...(netIsLate(context) ? ['net'] : [])]);
  const names = [...spaces.cloned].filter((name) => !late.has(name));
  const flags = flagsOf(network.cloneNet ? names : names.filter((name) => name !== 'net'));
  const why = always(`clone init into new namespaces (${names.join(', ')})`);
  const enter = entered(context);
  if (enter.length > 0) {
    const args = { flags, cgroup2: cgroups.cloneInto, enter };
    return step({ op: 'cloneWithin', args }, why);
  }
  const pidNamespace = spaces.shared.find(({ namespace }) => namespace === 'pid')?.path ?? '';
  return step({ op: 'clone', args: { flags, cgroup2: cgroups.cloneInto, pidNamespace } }, why);
}
