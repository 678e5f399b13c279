/** The container's first process: what runs, as whom, in which environment. */

import { bad, flag, numberBetween, path, shortText, text, uint } from '../codec.ts';
import { architecture, type Variable, variable } from '../codecs/process.ts';
import { groupIds } from '../codecs/security.ts';
import { signal } from '../codecs/signal.ts';
import { type Codec, many, old, one } from '../row.ts';

const userId = numberBetween('ID', 0n, 0xffff_ffffn);

const directory: Codec<string> = {
  ...path,
  parse(value) {
    if (!value.startsWith('/')) throw bad('it is not an absolute path');
    return value;
  },
};

// The kernel's field has 65 bytes and the last one is zero.
const hostname = shortText('NAME', 64);

export const initKeys = {
  'lxc.arch': one(architecture, 'Architecture that programs in the container are told.', {
    since: '0.6',
  }),
  'lxc.uts.name': one(hostname, 'Host name of the container.', { was: old('lxc.utsname') }),
  'lxc.init.cmd': one(text, 'Command that is run as init, with quotes as in a shell.', {
    was: old('lxc.init_cmd', '2.0'),
    default: '/sbin/init',
    unset: '',
  }),
  'lxc.init.cwd': one(directory, 'Directory inside the container where init starts.', {
    default: '/',
    unset: '',
  }),
  'lxc.init.uid': one(userId, 'User id of init inside the container.', {
    was: old('lxc.init_uid', '2.0'),
    default: 0,
  }),
  'lxc.init.gid': one(userId, 'Group id of init inside the container.', {
    was: old('lxc.init_gid', '2.0'),
    default: 0,
  }),
  'lxc.init.groups': many(groupIds, 'Supplementary group ids of init.', { since: '5.0', between: ',' }),
  'lxc.execute.cmd': one(text, 'Command that lxc-execute runs when it is given none.'),
  'lxc.ephemeral': one(flag, 'Whether the container is destroyed when it stops.', {
    since: '2.0',
    default: false,
  }),
  'lxc.signal.halt': one(signal, 'Signal that asks init to shut down; else one that it understands.', {
    was: old('lxc.haltsignal', '1.0'),
  }),
  'lxc.signal.reboot': one(signal, 'Signal that asks init to reboot; else one that it understands.', {
    was: old('lxc.rebootsignal', '2.0'),
    unset: '0',
  }),
  'lxc.signal.stop': one(signal, 'Signal that ends init for good.', {
    was: old('lxc.stopsignal', '0.9'),
    default: 9,
    unset: '0',
  }),
  'lxc.monitor.unshare': one(
    uint,
    'Whether the monitor has a mount namespace of its own, so that pre-start hooks may mount.',
    { since: '2.0', default: 0 },
  ),
  'lxc.monitor.signal.pdeath': one(signal, 'Signal that init gets when its monitor dies; 0 for none.', {
    since: '3.1',
    default: 9,
  }),
  'lxc.environment': many<Variable>(variable, 'Variable of init, of attached commands and of hooks inside.', {
    since: '2.0',
  }),
  'lxc.environment.runtime': many<Variable>(variable, 'Variable of init and of attached commands.', {
    since: '7.0',
  }),
  'lxc.environment.hooks': many<Variable>(variable, 'Variable of the hooks that run inside.', {
    since: '7.0',
  }),
};
