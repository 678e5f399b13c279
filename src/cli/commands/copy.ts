/** lxc-copy: clone a container, take a snapshot of it as a new one, give it another name, or start a copy for one run. */

import { LxcError } from '../../base/error.ts';
import { cloneContainer } from '../../run/clone.ts';
import type { ContainerId } from '../../run/command-socket.ts';
import {
  type EphemeralWish,
  type ExtraMount,
  ephemeralName,
  makeEphemeral,
  runInEphemeral,
  startEphemeral,
} from '../../run/ephemeral.ts';
import { renameContainer } from '../../run/rename.ts';
import type { Session } from '../../run/session.ts';
import { type Command, type Invocation, rcfile } from '../command.ts';
import { flag, list, parsed, text } from '../option.ts';
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
  foreground: flag({ short: 'F', long: 'foreground', help: 'With -e: attach the console to this terminal' }),
  daemon: flag({ short: 'd', long: 'daemon', help: 'With -e: start in the background; the default' }),
  ephemeral: flag({
    short: 'e',
    long: 'ephemeral',
    help: 'Start a snapshot that is destroyed when it stops, and run the command in it',
  }),
  mount: list({
    short: 'm',
    long: 'mount',
    metavar: 'TYPE=SOURCE[:TARGET[:ro]]',
    help: 'With -e: mount SOURCE of the host; TYPE is bind, or overlay to leave it as it is',
  }),
  storage: parsed(
    { short: 'B', long: 'backingstorage', metavar: 'TYPE', help: 'Storage of the new root file system' },
    storageType,
  ),
  tmpfs: flag({ short: 't', long: 'tmpfs', help: 'With -e: keep what is written in memory' }),
  fssize: parsed(
    {
      short: 'L',
      long: 'fssize',
      metavar: 'SIZE',
      help: 'Size of a new block device or image, in M without a unit',
    },
    sizeInBytes,
  ),
  keepdata: flag({ short: 'D', long: 'keepdata', help: 'With -e: keep the container when it stops' }),
  keepname: flag({ short: 'K', long: 'keepname', help: 'Keep the host name of the original' }),
  keepmac: flag({ short: 'M', long: 'keepmac', help: 'Keep the hardware addresses of the original' }),
  rcfile,
} as const;

export const copy: Command = {
  name: 'lxc-copy',
  summary: 'Copy or rename a container',
  operands: '[-- HOOK-ARGUMENT...|COMMAND [ARG...]]',
  named: true,
  options: Object.values(options),
  run(invocation, session) {
    refuseMixed(invocation);
    if (invocation.get(options.ephemeral)) return runEphemeral(invocation, session);
    const name = invocation.get(options.newname);
    if (name === undefined)
      throw new LxcError('A new name must be specified', { hint: 'name the new container with -N' });
    const { lxcpath } = invocation;
    return invocation.get(options.rename)
      ? rename(invocation, session, name)
      : clone(invocation, session, { lxcpath: newPath(invocation, session) ?? lxcpath, name });
  },
};

/** Options that belong to one of the modes, and the modes to each other. */
function refuseMixed(invocation: Invocation): void {
  const given = (...some: readonly (keyof typeof options)[]) =>
    some.map((key) => options[key]).find((option) => isGiven(invocation.get<unknown>(option)));
  const { rename, ephemeral } = options;
  const [mode, wrong] = invocation.get(ephemeral)
    ? [ephemeral, given('rename')]
    : invocation.get(rename)
      ? [rename, given('snapshot', 'newpath', 'storage', 'fssize')]
      : [undefined, undefined];
  if (mode !== undefined && wrong !== undefined)
    throw new LxcError(`--${mode.long} does not go with --${wrong.long}`, { hint: 'leave one of them out' });
  const alone = invocation.get(ephemeral)
    ? undefined
    : given('foreground', 'daemon', 'mount', 'tmpfs', 'keepdata');
  if (alone !== undefined)
    throw new LxcError(`--${alone.long} goes with --ephemeral only`, { hint: 'add -e, or leave it out' });
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== false && !(Array.isArray(value) && value.length === 0);
}

async function rename(invocation: Invocation, session: Session, name: string): Promise<number> {
  const { log, operands } = invocation;
  const from = idOf(invocation);
  await renameContainer(session, from, { ...from, name }, { hookArguments: operands }, log);
  return 0;
}

async function clone(invocation: Invocation, session: Session, to: ContainerId): Promise<number> {
  const hookArguments = invocation.operands;
  const wish = { ...shared(invocation), snapshot: invocation.get(options.snapshot), hookArguments };
  await cloneContainer(session, idOf(invocation), to, wish, invocation.log);
  return 0;
}

function idOf({ lxcpath, name }: Invocation): ContainerId {
  return { lxcpath, name };
}

function newPath(invocation: Invocation, session: Session): string | undefined {
  const given = invocation.get(options.newpath);
  return given === undefined ? undefined : session.resolve(given);
}

function shared(invocation: Invocation) {
  return {
    storage: invocation.get(options.storage),
    options: { fssize: invocation.get(options.fssize) },
    keepName: invocation.get(options.keepname),
    keepMac: invocation.get(options.keepmac),
    allowRunning: invocation.get(options.allowrunning),
  };
}

async function runEphemeral(invocation: Invocation, session: Session): Promise<number> {
  const from = idOf(invocation);
  const lxcpath = newPath(invocation, session) ?? from.lxcpath;
  const to = { lxcpath, name: invocation.get(options.newname) ?? ephemeralName(lxcpath, from.name) };
  const wish: EphemeralWish = {
    ...shared(invocation),
    mounts: invocation.get(options.mount).map(extraMount),
    tmpfs: invocation.get(options.tmpfs),
    keep: invocation.get(options.keepdata),
  };
  await makeEphemeral(session, from, to, wish, invocation.log);
  session.out(`Created ${to.name} as clone of ${from.name}\n`);
  if (wish.tmpfs)
    session.out('Container is placed on tmpfs.\nRebooting will cause all changes made to it to be lost!\n');
  const { log, operands: argv } = invocation;
  const { keep } = wish;
  if (argv.length > 0) return runInEphemeral(session, to, { argv, keep }, log);
  const foreground = invocation.get(options.foreground) && !invocation.get(options.daemon);
  await startEphemeral(session, to, { foreground }, log);
  return 0;
}

/** `bind=/source:/target:ro` */
function extraMount(given: string): ExtraMount {
  const [, type, paths = ''] = /^(bind|overlay|overlayfs)=(.*)$/s.exec(given) ?? [];
  const [source = '', target = source, mode = 'rw', ...rest] = paths.split(':');
  const isPath = source.startsWith('/') && target.startsWith('/');
  if (type === undefined || !isPath || rest.length > 0 || (mode !== 'rw' && mode !== 'ro'))
    throw new LxcError(`Failed to read '${given}' as a mount`, {
      hint: 'the form is bind=/source or overlay=/source:/target, with absolute paths',
    });
  return { type: type === 'bind' ? 'bind' : 'overlay', source, target, readOnly: mode === 'ro' };
}
