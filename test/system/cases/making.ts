/** Tools that make containers, copies and snapshots, and remove them. */

import { existsSync } from 'node:fs';
import type { Cases, Play } from '../harness/case.ts';
import {
  asUser,
  badOption,
  newState,
  noName,
  nothing,
  running,
  saidByOurs,
  state,
  stopped,
} from './words.ts';

const isThere = ({ name }: Play) => (existsSync(`/var/lib/lxc/${name}`) ? 'there' : 'gone');
const snapshots = async (play: Play) =>
  (await play.lxc('snapshot', '-n', 'NAME', '-L')).stdout.replaceAll(/ [\d: ]+$/gm, '');
const hostname = async (play: Play) => {
  await play.must('start', '-n', 'NEW');
  return (await play.lxc('attach', '-n', 'NEW', '--', 'hostname')).stdout;
};
const network = (play: Play) => void play.scope.file('/etc/lxc/default.conf', 'lxc.net.0.type = empty\n');
const taken = (play: Play) => play.must('snapshot', '-n', 'NAME');

export const making: Cases = {
  copy: {
    success: stopped('-n NAME -N NEW', { effect: [newState, 'STOPPED'] }),
    'not running': { senseless: 'what it copies does not run: success' },
    'unknown name': nothing('-n nosuch -N NEW', { differs: saidByOurs }),
    'bad option': badOption,
    'no privilege': asUser('-n NAME -N NEW', { differs: saidByOurs }),
    more: {
      'no name': noName,
      'of a container that runs': running('-n NAME -N NEW', { effect: [newState, ''], differs: saidByOurs }),
      'a new name': stopped('-n NAME -N NEW -R', { effect: [newState, 'STOPPED'] }),
      'for one run': stopped('-n NAME -N NEW -e', { effect: [newState, 'RUNNING'] }),
    },
  },
  create: {
    success: nothing('-n NEW -t busybox', { prepare: network, effect: [hostname, 'NEW\n'] }),
    'not running': stopped('-n NAME -t none'),
    'unknown name': nothing('-n NEW -t nosuch', { effect: [newState, ''] }),
    'bad option': badOption,
    'no privilege': asUser('-n NEW -t none'),
    more: { 'no name': noName, 'no template': nothing('-n NEW', { effect: [newState, ''] }) },
  },
  destroy: {
    success: stopped('-n NAME', { effect: [isThere, 'gone'] }),
    'not running': { senseless: 'what it destroys does not run: success' },
    'unknown name': nothing('-n nosuch'),
    'bad option': badOption,
    'no privilege': asUser('-n NAME'),
    more: {
      'no name': noName,
      'of a container that runs': running('-n NAME', { effect: [state, 'RUNNING'] }),
      'by force': running('-n NAME -f', { effect: [isThere, 'gone'] }),
      'with its snapshots': stopped('-n NAME -s', { prepare: taken, effect: [isThere, 'gone'] }),
    },
  },
  snapshot: {
    success: stopped('-n NAME', { effect: [snapshots, 'snap0 (/var/lib/lxc/NAME/snaps)\n'] }),
    'not running': stopped('-n NAME -L'),
    'unknown name': nothing('-n nosuch', { differs: saidByOurs }),
    'bad option': badOption,
    'no privilege': asUser('-n NAME', { differs: saidByOurs }),
    more: {
      'no name': noName,
      'of a container that runs': running('-n NAME', {
        effect: [snapshots, 'No snapshots\n'],
        differs: saidByOurs,
      }),
      'all that there are': stopped('-n NAME -L', { prepare: taken }),
      'restored under a name': stopped('-n NAME -r snap0 -N NEW', {
        prepare: taken,
        effect: [newState, 'STOPPED'],
      }),
      destroyed: stopped('-n NAME -d snap0', { prepare: taken, effect: [snapshots, 'No snapshots\n'] }),
      'one that there is not': stopped('-n NAME -r snap7', { differs: saidByOurs }),
      'listed by a user': asUser('-n NAME -L', {
        differs: {
          ours: { status: 0, stdout: 'No snapshots\n' },
          theirs: { status: 1, stdout: '' },
          decision: 'small-commands.md',
        },
      }),
    },
  },
};
