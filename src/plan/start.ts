/**
 * A start as a program. The parent's list is what the runner does on the host, the child's what happens in the
 * new namespaces until exec; the two meet at sync points, and only where one needs the other's work.
 */

import type { DeviceNode } from '../cgroup/devices.ts';
import { delegate } from '../cgroup/limits.ts';
import { planCgroups } from '../cgroup/plan.ts';
import type { Config } from '../config/index.ts';
import { type Op, syncPoints } from '../wire/ops.ts';
import type { PlannedOp, Program } from '../wire/program.ts';
import { always, asked, post, step, wait } from '../wire/step.ts';
import { autoCgroup } from './auto-cgroup.ts';
import { autoProc, autoSys, hasProc } from './auto-mounts.ts';
import { begin } from './begin.ts';
import { clone, entered, giveCgroups, giveIds, lendCgroups, netIsLate, sendTrees } from './birth.ts';
import { dropCapabilities, resolveCapabilities } from './capabilities.ts';
import { refuseHostInit, refuseMissingVariables, refuseUnusableConsole } from './check.ts';
import { ownClocks } from './clocks.ts';
import type { Context, Inputs } from './context.ts';
import { hasOwnDev, linkDev, mountDev, populateDev } from './devices.ts';
import type { HostFacts } from './facts.ts';
import { childHooks, hasHooks } from './hooks.ts';
import { becomeMapped, resolveIds } from './idmap.ts';
import * as init from './init.ts';
import { confine, loadProfile, resolveAppArmor } from './lsm/apparmor.ts';
import { enterContext, labelKeyring, noteSeLinuxOff } from './lsm/selinux.ts';
import { listedMounts } from './mounts.ts';
import { enterShared, namespaceFlags, resolveSpaces } from './namespaces.ts';
import { planNetwork } from './network/index.ts';
import { ownNetwork } from './network/own.ts';
import type { NetworkPlan } from './network-contract.ts';
import { procView, refuseMissingView } from './proc-view.ts';
import type { StartRequest } from './request.ts';
import { attachRoot, changeRoot, isolateMounts, mountMappedRoot, mountRoot, resolveRoot } from './rootfs.ts';
import { loadFilter, resolveFilter } from './seccomp.ts';
import { settings } from './settings.ts';
import { notifySysinfo } from './sysinfo.ts';
import { connectStdio, mountDevpts, openTerminals } from './terminals.ts';
import type { PlanNote, StartPlan } from './types.ts';

export function planStart(config: Config, request: StartRequest, facts: HostFacts): StartPlan {
  const notes: PlanNote[] = [];
  const inputs: Inputs = { config, request, facts, notes };
  noteSeLinuxOff(inputs);
  refuseMissingVariables(inputs);
  refuseHostInit(inputs);
  refuseUnusableConsole(inputs);
  const planned = planNetwork(config.nets, {
    facts: facts.network,
    draw: facts.draw,
    hold: `${request.record.path}.net`,
    user: facts.ids.user?.name,
  });
  const context = resolve(inputs, planned);
  refuseMissingView(context);
  const network = ownNetwork(context, planned);
  const needs = meetings(context, network);
  const program: Program = {
    parent: parentList(context, network, needs),
    child: childList(context, network, needs),
    settings: settings(context, network),
    after: 'monitor',
    exit: request.kind === 'execute' ? 'status' : 'zero',
  };
  return { program, notes };
}

function resolve(inputs: Inputs, network: NetworkPlan): Context {
  const { config, request, facts, notes } = inputs;
  const cgroups = planCgroups(
    {
      config,
      name: request.name,
      pattern: request.cgroupPattern,
      detached: request.detach,
      reboot: request.reboot,
    },
    facts.cgroups,
    (path) => deviceAt(facts, path),
  );
  notes.push(
    ...cgroups.notes.map(({ entry, message }) => ({ key: entry.key, message, origin: entry.origin })),
  );
  if (facts.ids.user !== undefined && cgroups.places.length === 0) {
    const message = `no cgroup is delegated to ${facts.ids.user.name}, so the container cannot be frozen or limited; ${delegate}`;
    notes.push({ key: 'cgroup', message, origin: undefined });
  }
  return {
    ...inputs,
    root: resolveRoot(inputs),
    ids: resolveIds(inputs),
    spaces: resolveSpaces(inputs, network.cloneNet),
    capabilities: resolveCapabilities(inputs),
    filter: resolveFilter(config, facts.seccomp, notes),
    appArmor: resolveAppArmor(inputs),
    cgroups,
  };
}

function deviceAt({ paths }: HostFacts, path: string): DeviceNode | undefined {
  const fact = paths.get(path);
  if (fact?.device === undefined) return undefined;
  return { type: fact.kind === 'block' ? 'b' : 'c', ...fact.device };
}

/** Where parent and child have to wait for each other. */
interface Meetings {
  /** The parent configures what the child goes on with: links, files of /proc/PID. */
  readonly configured: readonly PlannedOp[];
  readonly cgroups: boolean;
  /** The parent acts on a container that is set up: device rules, start-host hooks. */
  readonly late: readonly PlannedOp[];
}

function meetings(context: Context, network: NetworkPlan): Meetings {
  const lateNet = netIsLate(context) && network.parent.length > 0;
  return {
    configured: [...(lateNet ? [wait('configure')] : []), ...init.writeProcs(context), ...network.parent],
    cgroups: context.cgroups.joins.length > 0,
    late: [
      ...context.cgroups.late,
      ...network.late,
      ...(context.ids === undefined ? [] : init.limitResources(context)),
      ...callHooks(context, 'start-host'),
    ],
  };
}

function parentList(context: Context, network: NetworkPlan, needs: Meetings): readonly PlannedOp[] {
  const { cgroups } = context;
  return [
    ...begin(context),
    ...callHooks(context, 'pre-start'),
    ...loadProfile(context, context.appArmor),
    ...attachRoot(context),
    ...cgroups.beforeClone,
    clone(context, network),
    ...giveIds(context, needs),
    ...sendTrees(context),
    ...(needs.cgroups ? [...cgroups.beforeReady, ...giveCgroups(context), post('cgroups-ready')] : []),
    ...(needs.configured.length > 0 ? [...needs.configured, post('post-configure')] : []),
    ...cgroups.monitor,
    ...(needs.late.length > 0 ? [wait('cgroup'), ...needs.late, post('ready-start')] : []),
  ];
}

function callHooks({ config }: Context, type: 'pre-start' | 'start-host'): readonly PlannedOp[] {
  const first = config.many(`lxc.hook.${type}`)[0];
  if (first === undefined) return [];
  return [step({ op: 'call', args: { what: type } }, asked(first, `run the ${type} hooks`))];
}

function childList(context: Context, network: NetworkPlan, needs: Meetings): readonly PlannedOp[] {
  const { ids, root } = context;
  const join = joinCgroups(context, needs);
  // Mapped ids could not join. Without a root of its own the mounts below may hide the cgroups of the host.
  const joinFirst = ids !== undefined || root.path === undefined;
  const own = [...labelKeyring(context), ...init.newKeyring(context), ...init.setHostname(context)];
  return [
    ...(ids === undefined ? [] : [wait('startup')]),
    ...init.shareNoCore(context, 0),
    ...enterShared(context.spaces, entered(context)),
    ...ownClocks(context),
    ...(ids === undefined ? own : []),
    ...takeRoot(context),
    ...(joinFirst ? join : []),
    ...lendCgroups(context),
    ...(ids === undefined ? [] : [...becomeMapped(ids), ...lateNet(context, network, needs), ...own]),
    ...mounts(context, joinFirst ? [] : join),
    ...(needs.configured.length > 0 ? [wait('post-configure')] : []),
    ...network.child,
    ...fill(context),
    ...secure(context),
    ...(needs.late.length > 0 ? [post('cgroup'), wait('ready-start')] : []),
    ...notifySysinfo(context),
    ...lastSteps(context),
  ];
}

function joinCgroups({ spaces, cgroups }: Context, needs: Meetings): readonly PlannedOp[] {
  const own: Op = { op: 'unshare', args: { flags: namespaceFlags.cgroup } };
  return [
    ...(needs.cgroups ? [wait('cgroups-ready'), ...cgroups.joins] : []),
    ...(spaces.cloned.has('cgroup') ? [step(own, always('make a cgroup namespace'))] : []),
  ];
}

function lateNet(context: Context, { early }: NetworkPlan, { configured }: Meetings): readonly PlannedOp[] {
  if (!netIsLate(context)) return [];
  const own: Op = { op: 'unshare', args: { flags: namespaceFlags.net } };
  const awaited = configured.some(({ op, args }) => op === 'sync' && args.point === syncPoints.configure);
  return [step(own, always('make a network namespace')), ...early, ...(awaited ? [post('configure')] : [])];
}

/** Still with the ids of the caller, to whom more directories of the host are open than to mapped ones. */
function takeRoot(context: Context): readonly PlannedOp[] {
  if (!context.spaces.cloned.has('mnt')) return [];
  const { config, request, ids } = context;
  return [
    isolateMounts(),
    ...childHooks(config, request, 'pre-mount', ids !== undefined),
    ...mountRoot(context),
  ];
}

function mounts(context: Context, join: readonly PlannedOp[]): readonly PlannedOp[] {
  if (!context.spaces.cloned.has('mnt')) return join;
  return [
    ...mountMappedRoot(context),
    ...mountDev(context),
    ...autoProc(context),
    ...autoSys(context),
    ...listedMounts(context),
    ...procView(context),
    ...join,
    ...autoCgroup(context),
  ];
}

function fill(context: Context): readonly PlannedOp[] {
  const { config, request, spaces } = context;
  // By the host's /proc, not by one that the container could have put there; hooks before it are the host's.
  const labels = [...enterContext(context), ...confine(context.appArmor)];
  if (!spaces.cloned.has('mnt')) return [...openTerminals(context), ...init.writeSysctls(context), ...labels];
  return [
    ...childHooks(config, request, 'mount'),
    ...(hasOwnDev(context) ? childHooks(config, request, 'autodev') : []),
    ...populateDev(context),
    ...mountDevpts(context),
    ...openTerminals(context),
    ...linkDev(context),
    ...init.writeSysctls(context),
    ...labels,
    ...changeRoot(context),
    ...(hasOwnDev(context) && hasProc(context) ? [init.ownBootId()] : []),
  ];
}

/**
 * Whoever becomes another user may load no filter any more. Else it is the very last thing before exec, so that a
 * policy has to allow nothing that only we need.
 */
function lastSteps(context: Context): readonly PlannedOp[] {
  const { config } = context;
  const filter = hasHooks(config, 'start') ? [] : loadFilter(context.filter);
  const isRoot = config.value('lxc.init.uid') === 0;
  return [
    ...(isRoot ? [] : filter),
    init.becomeUser(context),
    init.dieWithMonitor(context),
    ...(isRoot ? filter : []),
    init.runInit(context),
  ];
}

/** Start hooks run what the root file system holds: the filter comes before them. */
function secure(context: Context): readonly PlannedOp[] {
  const { config, request, filter } = context;
  return [
    ...init.setPersonality(context),
    ...(context.ids === undefined ? init.limitResources(context) : []),
    ...dropCapabilities(context.capabilities),
    ...init.noNewPrivileges(context),
    ...(hasHooks(config, 'start') ? loadFilter(filter) : []),
    ...childHooks(config, request, 'start'),
    connectStdio(context),
    ...init.enterDirectory(context),
  ];
}
