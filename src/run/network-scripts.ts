/** The scripts of network interfaces, as they are due when a container starts and when it ends. */

import { readNetworkFacts } from '../host/network.ts';
import { type HookCommand, type HostFacts, scriptEnvironment } from '../plan/index.ts';
import {
  type NetworkScriptsRequest,
  netsAt,
  networkLend,
  networkScripts,
  networkUp,
} from '../plan/network/index.ts';
import type { Head } from './head.ts';

/** Those that are due at this call; `undefined` where it is about something else. */
export function upScripts(
  head: Head,
  { network }: HostFacts,
  call: string,
): readonly HookCommand[] | undefined {
  if (call !== networkUp && call !== networkLend) return undefined;
  return scripts(head, 'up', { nets: netsAt(head.config.nets, call), facts: network });
}

export function downScripts(head: Head): readonly HookCommand[] {
  const { nets } = head.config;
  return scripts(head, 'down', { nets, facts: readNetworkFacts(nets, head.request) });
}

function scripts(
  { request, config, items }: Head,
  when: 'up' | 'down',
  of: Pick<NetworkScriptsRequest, 'nets' | 'facts'>,
): readonly HookCommand[] {
  return networkScripts({
    ...of,
    when,
    container: request.name,
    items,
    hookVersion: config.value('lxc.hook.version') === 1 ? 1 : 0,
    env: scriptEnvironment(config, request),
  });
}
