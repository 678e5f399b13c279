/** What can be known to be wrong before anything is done. */

import { dirname } from 'node:path';
import { LxcError } from '../base/error.ts';
import type { Config, RawEntry } from '../config/index.ts';
import type { Inputs } from './context.ts';

/** `lxc.environment = NAME` takes the value of the caller, who has none. */
export function refuseMissingVariables({ config }: Inputs): void {
  const lists = ['lxc.environment', 'lxc.environment.runtime', 'lxc.environment.hooks'] as const;
  for (const entry of lists.flatMap((key) => config.many(key))) {
    if (entry.value.value !== undefined) continue;
    throw new LxcError(
      `Failed to set the variable ${entry.value.name}: the environment of the caller has none`,
      {
        origin: entry.origin,
        hint: `write ${entry.value.name}=VALUE, or export it before`,
      },
    );
  }
}

/** The host's init, started a second time on the host's files, empties /tmp, for one. */
export function refuseHostInit({ config, request }: Inputs): void {
  const chosen = request.command.length > 0 || config.one('lxc.init.cmd') !== undefined;
  if (request.kind === 'execute' || chosen || config.one('lxc.rootfs.path') !== undefined) return;
  throw new LxcError(
    `Failed to start ${config.value('lxc.init.cmd')} without a root file system: the init of the host would run on the host's files`,
    { hint: 'set lxc.rootfs.path, or choose a command with lxc.init.cmd or behind "--"' },
  );
}

/** What the monitor opens for the console, of which it could not tell the caller any more. */
export function consoleFiles(config: Config): readonly { file: string; entry: RawEntry }[] {
  const entries = [config.one('lxc.console.path'), config.one('lxc.console.logfile')];
  return entries.flatMap((entry) => (entry?.value.startsWith('/') ? [{ file: entry.value, entry }] : []));
}

export function refuseUnusableConsole({ config, facts }: Inputs): void {
  for (const { file, entry } of consoleFiles(config)) {
    const directory = dirname(file);
    if (facts.paths.get(directory)?.kind !== 'directory') {
      throw new LxcError(`Failed to open ${file} for the console: there is no directory ${directory}`, {
        origin: entry.origin,
        hint: `make it with mkdir -p ${directory}`,
      });
    }
    if (facts.paths.get(file)?.kind === 'directory') {
      throw new LxcError(`Failed to open ${file} for the console: Is a directory`, { origin: entry.origin });
    }
  }
}
