/** What lxc-start and lxc-execute have in common: options, and the configuration with its warnings. */

import type { Share } from '../plan/index.ts';
import { type LoadedConfig, loadContainerConfig } from '../run/load.ts';
import type { Session } from '../run/session.ts';
import { type Invocation, rcfileShort } from './command.ts';
import { list, text } from './option.ts';

const shares = { net: share('net'), ipc: share('ipc'), uts: share('uts'), pid: share('pid') } as const;

function share(namespace: Share['namespace']) {
  return text({
    long: `share-${namespace}`,
    metavar: 'NAME|PID',
    help: `Share the ${namespace} namespace of another container or process`,
  });
}

export const startOptions = {
  rcfile: rcfileShort,
  define: list({
    short: 's',
    long: 'define',
    metavar: 'KEY=VALUE',
    help: 'Set a configuration key; may be given several times',
  }),
  ...shares,
} as const;

export function sharesOf(invocation: Invocation): readonly Share[] {
  const namespaces = ['net', 'ipc', 'uts', 'pid'] as const;
  return namespaces.flatMap((namespace) => {
    const target = invocation.get(shares[namespace]);
    return target === undefined ? [] : [{ namespace, target }];
  });
}

export function loadFor(invocation: Invocation, session: Session): LoadedConfig {
  const { lxcpath, name } = invocation;
  const loaded = loadContainerConfig(session, {
    id: { lxcpath, name },
    rcfile: invocation.get(startOptions.rcfile),
    definitions: invocation.get(startOptions.define),
  });
  invocation.useLogOf(loaded.config);
  for (const { kind, message, origin } of loaded.config.notes)
    if (kind === 'warning') invocation.warn(`${origin.file}:${origin.line}: ${message}`, 'config');
  return loaded;
}
