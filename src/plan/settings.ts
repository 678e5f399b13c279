/** What the monitor keeps: how to answer clients, what to do at the end. */

import { listItems } from '../config/index.ts';
import type { Op } from '../wire/ops.ts';
import type { Context } from './context.ts';
import { hasHooks } from './hooks.ts';
import { flagsOf } from './namespaces.ts';
import type { NetworkPlan } from './network-contract.ts';
import { notifySetting } from './seccomp.ts';
import { sysinfoSetting } from './sysinfo.ts';
import { hasConsole } from './terminals.ts';

export const endAsks = { before: 1, after: 2, holdNamespaces: 4 } as const;

export function settings(context: Context, network: NetworkPlan): readonly Op[] {
  const { request, config, spaces } = context;
  const clone = flagsOf([...spaces.cloned, ...spaces.shared.map(({ namespace }) => namespace)]);
  return [
    { op: 'setName', args: { name: request.name, lxcpath: request.lxcpath } },
    { op: 'setInit', args: { stop: config.value('lxc.signal.stop') || 9, clone } },
    ...context.cgroups.settings,
    consoleSetting(context),
    { op: 'setEnd', args: { ask: endAsk(context, network) } },
    { op: 'setFifo', args: { path: request.monitorFifo } },
    ...sysinfoSetting(context),
    ...notifySetting(config, context.filter),
    ...[...listItems(config), ...network.items].map(
      ([key, value]): Op => ({ op: 'setItem', args: { key, value } }),
    ),
  ];
}

function consoleSetting(context: Context): Op {
  const { config } = context;
  return {
    op: 'setConsole',
    args: {
      buffer: config.value('lxc.console.buffer.size'),
      logFile: config.value('lxc.console.logfile') ?? '',
      logSize: config.value('lxc.console.size'),
      rotate: config.value('lxc.console.rotate') ? 1 : 0,
      peer: hasConsole(context) ? (config.value('lxc.console.path') ?? '') : '',
    },
  };
}

function endAsk({ config }: Context, network: NetworkPlan): number {
  const stop = hasHooks(config, 'stop');
  return (
    (stop || network.askDown ? endAsks.before : 0) |
    (hasHooks(config, 'post-stop') || config.value('lxc.ephemeral') ? endAsks.after : 0) |
    (stop ? endAsks.holdNamespaces : 0)
  );
}
