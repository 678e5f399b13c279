/** lxc-copy: clone a container, take a snapshot of it as a new one, or give it another name. */

import { LxcError } from '../../base/error.ts';
import { type CloneWish, cloneContainer } from '../../run/clone.ts';
import type { ContainerId } from '../../run/command-socket.ts';
import { renameContainer } from '../../run/rename.ts';
import type { Session } from '../../run/session.ts';
import { type Command, type Invocation, rcfile } from '../command.ts';
import { flag, parsed, text } from '../option.ts';
import { containerName, sizeInBytes, storageType } from '../storage-options.ts';

const options = {
  newname: parsed(
    { short: 'N', long: 'newname', metavar: 'NAME', help: 'Name of the new container' },
    containerName,
  ),
  newpath: text({
    short: 'p',
    long: 'newpath',
    metavar: 'PATH',
    help: 'Container path of the new container',
  }),
  rename: flag({ short: 'R', long: 'rename', help: 'Give the container the new name' }),
  snapshot: flag({ short: 's', long: 'snapshot', help: 'Share with the original what neither changes' }),
  allowrunning: flag({ short: 'a', long: 'allowrunning', help: 'The original may be running' }),
  storage: parsed(
    { short: 'B', long: 'backingstorage', metavar: 'TYPE', help: 'Storage of the new root file system' },
    storageType,
  ),
  fssize: parsed(
    {
      short: 'L',
      long: 'fssize',
      metavar: 'SIZE',
      help: 'Size of a new block device or image, in M without a unit',
    },
    sizeInBytes,
  ),
  keepname: flag({ short: 'K', long: 'keepname', help: 'Keep the host name of the original' }),
  keepmac: flag({ short: 'M', long: 'keepmac', help: 'Keep the hardware addresses of the original' }),
  rcfile,
} as const;

export const copy: Command = {
  name: 'lxc-copy',
  summary: 'Copy or rename a container',
  operands: '[-- HOOK-ARGUMENT...]',
  named: true,
  options: Object.values(options),
  async run(invocation, session) {
    const name = invocation.get(options.newname);
    if (name === undefined)
      throw new LxcError('A new name must be specified', { hint: 'name the new container with -N' });
    const from = { lxcpath: invocation.lxcpath, name: invocation.name };
    if (invocation.get(options.rename)) return rename(invocation, session, from, name);
    const to = { lxcpath: newPath(invocation, session), name };
    await cloneContainer(session, from, to, wishOf(invocation), invocation.log);
    return 0;
  },
};

async function rename(
  invocation: Invocation,
  session: Session,
  from: ContainerId,
  name: string,
): Promise<number> {
  const others = [options.snapshot, options.newpath, options.storage, options.fssize];
  const wrong = others.find(
    (option) => invocation.get<unknown>(option) !== undefined && invocation.get<unknown>(option) !== false,
  );
  if (wrong !== undefined)
    throw new LxcError(`Failed to rename: -R does not go with --${wrong.long}`, {
      hint: 'leave one of them out',
    });
  await renameContainer(
    session,
    from,
    { ...from, name },
    { hookArguments: invocation.operands },
    invocation.log,
  );
  return 0;
}

function newPath(invocation: Invocation, session: Session): string {
  const given = invocation.get(options.newpath);
  return given === undefined ? invocation.lxcpath : session.resolve(given);
}

function wishOf(invocation: Invocation): CloneWish {
  return {
    snapshot: invocation.get(options.snapshot),
    storage: invocation.get(options.storage),
    options: { fssize: invocation.get(options.fssize) },
    keepName: invocation.get(options.keepname),
    keepMac: invocation.get(options.keepmac),
    allowRunning: invocation.get(options.allowrunning),
    hookArguments: invocation.operands,
  };
}
