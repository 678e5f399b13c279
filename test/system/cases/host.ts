/** Tools of the host, which know of no container. */

import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Cases, Play } from '../harness/case.ts';
import { badOption, byUser, nothing } from './words.ts';

const noContainer = { senseless: 'it knows of no container' };
/** Its version and name, and of drivers in the kernel whether they are loaded. */
const own = /^(?:LXC version|usage :).*\n|, (?:not )?loaded$/gm;
const headings = '--- Namespaces ---\n--- Control groups ---\n--- Misc ---\n--- Checkpoint/Restore ---\n';
const file = ({ dir }: Play) => join(dir, 'config');
const old = (play: Play) => void writeFileSync(file(play), 'lxc.utsname = foo\nlxc.tty = 4\n');
const updated = (play: Play) => readFileSync(file(play), 'utf8');

const usage = {
  ours: 'Usage: lxc-update-config -c FILE [--dry-run]\n       lxc-update-config --help: all options\n',
  theirs:
    '/usr/bin/lxc-update-config -h|--help [-c|--config]\nconfig: the container configuration to update\n',
};

export const host: Cases = {
  checkconfig: {
    success: nothing('', { own }),
    'not running': noContainer,
    'unknown name': noContainer,
    'bad option': nothing('--bogus', {
      own: /^(?!---).*\n/gm,
      differs: {
        ours: { status: 1, stdout: '', stderr: 'speaks' },
        theirs: { status: 0, stdout: headings, stderr: 'silent' },
        decision: 'small-commands.md',
      },
    }),
    'no privilege': nothing('', { own, by: byUser }),
  },
  config: {
    success: nothing('lxc.lxcpath'),
    'not running': noContainer,
    'unknown name': nothing('lxc.nosuch'),
    'bad option': nothing('--bogus', {
      differs: {
        ours: { stdout: '', stderr: 'speaks' },
        theirs: { stdout: 'Unknown configuration item: --bogus\n', stderr: 'silent' },
        decision: 'small-commands.md',
      },
    }),
    'no privilege': nothing('lxc.lxcpath', { by: byUser }),
    more: { 'all items': nothing('-l'), 'an item without a value': nothing('lxc.cgroup.pattern') },
  },
  unshare: {
    success: nothing('-s UTSNAME -H other -- hostname'),
    'not running': noContainer,
    'unknown name': nothing('-s NOSUCH -- true'),
    'bad option': badOption,
    'no privilege': nothing('-s UTSNAME -- true', { by: byUser }),
    more: { 'no command': nothing('-s UTSNAME') },
  },
  'update-config': {
    success: nothing('-c DIR/config', {
      prepare: old,
      effect: [updated, 'lxc.uts.name = foo\nlxc.tty.max = 4\n'],
    }),
    'not running': noContainer,
    'unknown name': nothing('-c /nosuch'),
    'bad option': badOption,
    'no privilege': nothing('-c DIR/config', {
      prepare: old,
      by: byUser,
      effect: [updated, 'lxc.utsname = foo\nlxc.tty = 4\n'],
    }),
    more: {
      'no name': nothing('', {
        differs: {
          ours: { stdout: usage.ours },
          theirs: { stdout: usage.theirs },
          decision: 'update-config.md',
        },
      }),
    },
  },
  usernsexec: {
    success: nothing('-m b:0:100000:65536 -- cat /proc/self/uid_map'),
    'not running': noContainer,
    'unknown name': nothing('-m b:0:100000:65536 -- nosuch'),
    'bad option': badOption,
    'no privilege': nothing('-m b:0:100000:65536 -- true', { by: byUser }),
  },
};
