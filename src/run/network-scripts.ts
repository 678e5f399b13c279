/** The scripts of network interfaces, as they are due when a container starts and when it ends. */

import { readNetworkFacts } from '../host/network.ts';
import { type HookCommand, type HostFacts, scriptEnvironment } from '../plan/index.ts';
import { networkScripts } from '../plan/network/index.ts';
import type { Head } from './head.ts';

export function upScripts(head: Head, { network }: HostFacts): readonly HookCommand[] {
  return scripts(head, 'up', network);
}

export function downScripts(head: Head): readonly HookCommand[] {
  return scripts(head, 'down', readNetworkFacts(head.config.nets));
}

function scripts(
  { request, config, items }: Head,
  when: 'up' | 'down',
  facts: HostFacts['network'],
): readonly HookCommand[] {
  return networkScripts({
    when,
    container: request.name,
    nets: config.nets,
    facts,
    items,
    hookVersion: config.value('lxc.hook.version') === 1 ? 1 : 0,
    env: scriptEnvironment(config, request),
  });
}
