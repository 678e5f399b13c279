/** lxc-unshare: run a command in new namespaces, without a container. */

import { LxcError } from '../../base/error.ts';
import { userId } from '../../host/ids.ts';
import { type NamespaceName, namespaceFlags } from '../../plan/index.ts';
import { runUnshared } from '../../run/unshare.ts';
import type { Command, Invocation } from '../command.ts';
import { namespaceWords } from '../namespace-words.ts';
import { flag, list, parsed, text } from '../option.ts';

/** The kernel's words (`mnt`, `uts`, `net`) are understood as well. */
function isKernelWord(word: string): word is NamespaceName {
  return Object.hasOwn(namespaceFlags, word);
}

function readSpaces(text: string): ReadonlySet<NamespaceName> {
  const spaces = text
    .split('|')
    .filter((word) => word !== '')
    .map((word): NamespaceName => {
      const space = isKernelWord(word) ? word : namespaceWords[word];
      if (space !== undefined) return space;
      throw new LxcError(`Failed to read '${text}' as namespaces: there is no '${word}'`, {
        hint: `join some of ${Object.keys(namespaceWords).join(', ')} with |`,
      });
    });
  return new Set(spaces);
}

function readUser(text: string): number {
  const id = /^[0-9]+$/.test(text) ? Number(text) : userId(text);
  if (id !== undefined) return id;
  throw new LxcError(`Failed to become ${text}: there is no such user`);
}

const options = {
  namespaces: parsed(
    {
      short: 's',
      long: 'namespaces',
      metavar: 'FLAGS',
      help: 'New namespaces: MOUNT, PID, UTSNAME, IPC, USER, NETWORK, CGROUP, TIME, joined by |',
    },
    readSpaces,
  ),
  user: parsed({ short: 'u', long: 'user', metavar: 'USER', help: 'User to become, with -s USER' }, readUser),
  hostname: text({
    short: 'H',
    long: 'hostname',
    metavar: 'HOSTNAME',
    help: 'Host name, with -s UTSNAME',
  }),
  ifname: list({
    short: 'i',
    long: 'ifname',
    metavar: 'IFNAME',
    help: 'Interface to move in, with -s NETWORK; as often as there are some',
  }),
  daemon: flag({ short: 'd', long: 'daemon', help: 'Do not wait for the command' }),
  remount: flag({
    short: 'M',
    long: 'remount',
    help: 'Mount /proc, /dev/shm and /dev/mqueue anew, with -s MOUNT',
  }),
} as const;

export const unshare: Command = {
  name: 'lxc-unshare',
  summary: 'Run a command in new namespaces',
  operands: '-- COMMAND [ARG...]',
  named: false,
  options: Object.values(options),
  async run(invocation, session) {
    const spaces = checkedSpaces(invocation);
    return await runUnshared(session, {
      spaces,
      uid: invocation.get(options.user),
      hostname: invocation.get(options.hostname),
      interfaces: invocation.get(options.ifname),
      remount: invocation.get(options.remount),
      daemon: invocation.get(options.daemon),
      argv: invocation.operands,
      warn: (message) => invocation.warn(message),
    });
  },
};

function checkedSpaces(invocation: Invocation): ReadonlySet<NamespaceName> {
  if (invocation.operands.length === 0)
    throw new LxcError('A command to execute in the new namespace is required');
  const spaces = invocation.get(options.namespaces) ?? new Set();
  if (spaces.size === 0)
    throw new LxcError('A namespace to execute command is required', { hint: 'name it with -s' });
  const needs = [
    ['-i', invocation.get(options.ifname).length > 0, 'NETWORK', 'net'],
    ['-H', invocation.get(options.hostname) !== undefined, 'UTSNAME', 'uts'],
    ['-M', invocation.get(options.remount), 'MOUNT', 'mnt'],
    ['-u', invocation.get(options.user) !== undefined, 'USER', 'user'],
  ] as const;
  const lacking = needs.find(([, isGiven, , space]) => isGiven && !spaces.has(space));
  if (lacking !== undefined) throw new LxcError(`${lacking[0]} needs -s ${lacking[2]} option`);
  return spaces;
}
