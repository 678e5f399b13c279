/** lxc-checkpoint: put a running container into files, or bring it back from them. */

import { LxcError } from '../../base/error.ts';
import { checkpoint as dump, restore } from '../../run/checkpoint.ts';
import { loadContainerConfig } from '../../run/load.ts';
import { requestOf } from '../../run/prepare.ts';
import type { Session } from '../../run/session.ts';
import { type Command, type Invocation, rcfile } from '../command.ts';
import { flag, text } from '../option.ts';

const options = {
  restore: flag({ short: 'r', long: 'restore', help: 'Restore the container' }),
  directory: text({ short: 'D', long: 'checkpoint-dir', metavar: 'DIR', help: 'Directory of the images' }),
  verbose: flag({ short: 'v', long: 'verbose', help: 'Have criu log all it does' }),
  actionScript: text({ short: 'A', long: 'action-script', metavar: 'FILE', help: 'Script that criu calls' }),
  stop: flag({ short: 's', long: 'stop', help: 'Stop the container after the checkpoint' }),
  preDump: flag({ short: 'p', long: 'pre-dump', help: 'Dump only memory, and go on' }),
  predumpDirectory: text({
    long: 'predump-dir',
    metavar: 'DIR',
    help: 'Images of the dump before, below the directory of this one',
  }),
  daemon: flag({ short: 'd', long: 'daemon', help: 'Restore into the background; the default' }),
  foreground: flag({ short: 'F', long: 'foreground', help: 'Wait for the restored container to end' }),
  rcfile,
} as const;

export const checkpoint: Command = {
  name: 'lxc-checkpoint',
  summary: 'Put a running container into files, and bring it back',
  named: true,
  options: Object.values(options),
  async run(invocation, session) {
    const images = imagesOf(invocation, session);
    if (invocation.get(options.restore)) await restore(session, orderOf(invocation, session), images);
    else await dump(session, invocation, { ...images, ...wishOf(invocation) });
    return 0;
  },
};

function imagesOf(invocation: Invocation, session: Session) {
  const given = (option: (typeof options)[keyof typeof options]) =>
    invocation.get<unknown>(option) !== undefined && invocation.get<unknown>(option) !== false;
  const restores = invocation.get(options.restore);
  if (restores && (given(options.stop) || given(options.preDump) || given(options.predumpDirectory)))
    throw new LxcError('-s, -p and --predump-dir are not compatible with -r');
  if (!restores && (given(options.daemon) || given(options.foreground)))
    throw new LxcError('-d and -F are only compatible with -r');
  const directory = invocation.get(options.directory);
  if (directory === undefined)
    throw new LxcError('-D is required', { hint: 'name a directory for the images' });
  const script = invocation.get(options.actionScript);
  return {
    directory: session.resolve(directory),
    verbose: invocation.get(options.verbose),
    actionScript: script === undefined ? undefined : session.resolve(script),
  };
}

function wishOf(invocation: Invocation) {
  return {
    stop: invocation.get(options.stop),
    preDump: invocation.get(options.preDump),
    predumpDirectory: invocation.get(options.predumpDirectory),
  };
}

function orderOf(invocation: Invocation, session: Session) {
  const { lxcpath, name } = invocation;
  const id = { lxcpath, name };
  const loaded = loadContainerConfig(session, { id, rcfile: invocation.get(rcfile), definitions: [] });
  if (loaded.file === undefined)
    throw new LxcError(`${name} is not defined`, {
      code: 'NOT_DEFINED',
      hint: 'lxc-ls lists those there are',
    });
  invocation.useLogOf(loaded.config);
  const detach = !invocation.get(options.foreground);
  const request = requestOf(
    session,
    id,
    { kind: 'start', detach, command: [], configFile: loaded.file, pidfile: undefined, shares: [] },
    invocation,
  );
  return { request, config: loaded.config, logFile: invocation.log.file };
}
