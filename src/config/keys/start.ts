/** Autostart, logging, and the keys of our own. */

import { choice, flag, int, numberBetween, path, size, words } from '../codec.ts';
import { procView } from '../codecs/proc-view.ts';
import { logLevel, syslogFacility } from '../codecs/process.ts';
import { type Codec, many, old, one } from '../row.ts';

const seconds = numberBetween('SECONDS', 0n, 0xffff_ffffn);

const groups: Codec<readonly string[]> = words('NAME...', (name) => name);

export const startKeys = {
  'lxc.start.auto': one(flag, 'Whether lxc-autostart starts the container.', {
    since: '1.0',
    default: false,
    effect: 'none',
  }),
  'lxc.start.delay': one(seconds, 'How long lxc-autostart waits after it started the container.', {
    since: '1.0',
    default: 0,
    effect: 'none',
  }),
  'lxc.start.order': one(int, 'Place in the order of lxc-autostart, lowest first.', {
    since: '1.0',
    default: 0,
    effect: 'none',
  }),
  'lxc.group': many(groups, 'Groups that the container belongs to.', { since: '1.0', effect: 'none' }),
};

export const logKeys = {
  'lxc.log.level': one(logLevel, 'Least severity that is logged.', {
    was: old('lxc.loglevel', '0.9'),
    unset: 'NOTSET',
  }),
  'lxc.log.file': one(path, 'File that the log is appended to.', { was: old('lxc.logfile', '0.9') }),
  'lxc.log.syslog': one(syslogFacility, 'Facility of syslog that is logged to.', {
    was: old('lxc.syslog', '2.0'),
  }),
};

/** Spelled `lxcts.*`, because C LXC passes over lines that do not start with `lxc.`: one file serves both. */
export const ownKeys = {
  'lxcts.lxcfs': one(procView, 'Whether files of /proc show the limits of the container.', {
    since: '0.1',
    default: 'auto',
  }),
  'lxcts.sysinfo': one(choice('auto', 'off'), 'Whether sysinfo(2) tells the limits of the container.', {
    since: '0.1',
    default: 'auto',
  }),
  'lxcts.log.size': one(size, 'Size at which the log file becomes FILE.1 and a new one begins.', {
    since: '0.1',
  }),
};
