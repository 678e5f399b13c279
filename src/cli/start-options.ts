/** What lxc-start and lxc-execute have in common: options, and the configuration with its warnings. */

import { LxcError } from '../base/error.ts';
import type { Share } from '../plan/index.ts';
import { type LoadedConfig, loadContainerConfig } from '../run/load.ts';
import type { Session } from '../run/session.ts';
import type { Reporter } from '../run/start.ts';
import { type Invocation, rcfileShort } from './command.ts';
import { flag, list, text } from './option.ts';
import { traceText } from './trace-text.ts';

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
  trace: flag({ long: 'trace', help: 'Tell where the time of the start went' }),
} as const;

/** Who hears of the start: the caller, and with --trace of its times. */
export function reporterOf(invocation: Invocation, session: Session): Reporter {
  const { log } = invocation;
  const warn = (message: string) => invocation.warn(message);
  if (!invocation.get(startOptions.trace)) return { log, warn };
  return { log, warn, traced: (trace) => session.err(traceText(trace)) };
}

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
  session.laps.mark('read the configuration');
  invocation.useLogOf(loaded.config);
  for (const { kind, message, origin } of loaded.config.notes)
    if (kind === 'warning') invocation.warn(`${origin.file}:${origin.line}: ${message}`, 'config');
  mustBeDefined(invocation, loaded);
  return loaded;
}

/** A name that nobody has, such as one with a slip, would be a container whose root is that of the host. */
function mustBeDefined({ lxcpath, name }: Invocation, { file, config }: LoadedConfig): void {
  if (file !== undefined || config.entries.length > 0) return;
  throw new LxcError('No container config specified', {
    hint: `there is no ${lxcpath}/${name}/config; name a file with -f, or make the container with lxc-create`,
  });
}
