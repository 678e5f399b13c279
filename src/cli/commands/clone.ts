/** lxc-clone: the copy command of LXC 0.8 to 2.1, for scripts that still call it. */

import { LxcError } from '../../base/error.ts';
import { cloneContainer } from '../../run/clone.ts';
import type { Command, Invocation } from '../command.ts';
import { flag, parsed, text } from '../option.ts';
import { containerName, sizeInBytes, storageType } from '../storage-options.ts';

const options = {
  orig: parsed({ short: 'o', long: 'orig', metavar: 'NAME', help: 'Name of the original' }, containerName),
  new: parsed({ short: 'n', long: 'new', metavar: 'NAME', help: 'Name of the new container' }, containerName),
  snapshot: flag({ short: 's', long: 'snapshot', help: 'Share with the original what neither changes' }),
  backing: parsed(
    { short: 'B', long: 'backingstore', metavar: 'TYPE', help: 'Storage of the new root file system' },
    storageType,
  ),
  fssize: parsed(
    { short: 'L', long: 'fssize', metavar: 'SIZE', help: 'Size of a new block device or image' },
    sizeInBytes,
  ),
  fstype: text({ short: 't', long: 'fstype', metavar: 'TYPE', help: 'Its file system' }),
  vgname: text({ short: 'v', long: 'vgname', metavar: 'NAME', help: 'Volume group' }),
  lvprefix: text({
    long: 'lvprefix',
    metavar: 'TEXT',
    help: 'What the name of the logical volume begins with',
  }),
  keepname: flag({ short: 'K', long: 'keepname', help: 'Keep the host name of the original' }),
  keepmac: flag({ short: 'M', long: 'keepmac', help: 'Keep the hardware addresses of the original' }),
  copyhooks: flag({ short: 'H', long: 'copyhooks', help: 'Copy hooks; always done' }),
  newpath: text({
    short: 'p',
    long: 'newpath',
    metavar: 'PATH',
    help: 'Container path of the new container',
  }),
} as const;

export const clone: Command = {
  name: 'lxc-clone',
  summary: 'Copy a container, as lxc-copy does',
  operands: '[ORIGINAL [NEW]] [-- HOOK-ARGUMENT...]',
  named: false,
  options: Object.values(options),
  async run(invocation, session) {
    const { original, name, hookArguments } = namesOf(invocation);
    const newpath = invocation.get(options.newpath);
    const { lxcpath } = invocation;
    const to = { lxcpath: newpath === undefined ? lxcpath : session.resolve(newpath), name };
    const wish = {
      snapshot: invocation.get(options.snapshot),
      storage: invocation.get(options.backing),
      options: volumeOptions(invocation, name),
      keepName: invocation.get(options.keepname),
      keepMac: invocation.get(options.keepmac),
      allowRunning: false,
      hookArguments,
    };
    await cloneContainer(session, { lxcpath, name: original }, to, wish, invocation.log);
    session.out(`Created container ${name} as ${wish.snapshot ? 'snapshot' : 'copy'} of ${original}\n`);
    return 0;
  },
};

/** The names may stand without their options. */
function namesOf(invocation: Invocation) {
  const rest = [...invocation.operands];
  const original = invocation.get(options.orig) ?? rest.shift();
  const name = invocation.get(options.new) ?? rest.shift();
  if (original === undefined || name === undefined)
    throw new LxcError('Both the original and the new container must be named', {
      hint: 'lxc-clone -o ORIGINAL -n NEW',
    });
  return { original: containerName(original), name: containerName(name), hookArguments: rest };
}

function volumeOptions(invocation: Invocation, name: string) {
  const prefix = invocation.get(options.lvprefix);
  return {
    fssize: invocation.get(options.fssize),
    fstype: invocation.get(options.fstype),
    vgname: invocation.get(options.vgname),
    lvname: prefix === undefined ? undefined : `${prefix}${name}`,
  };
}
