/** Tools that look at a container, or into it, and change it while it runs. */

import { join } from 'node:path';
import type { Cases, Play } from '../harness/case.ts';
import { run } from '../harness/commands.ts';
import { User } from '../harness/user.ts';
import {
  asUser,
  badOption,
  frozen,
  noName,
  nothing,
  onTerminal,
  running,
  saidByOurs,
  state,
  stopped,
} from './words.ts';

const urandom = (play: Play) =>
  play.lxc('attach', '-n', 'NAME', '--', 'test', '-c', '/dev/urandom').then(({ status }) => String(status));
const limit = ({ container }: Play) => container.cgroupFile('memory', 'memory.limit_in_bytes');
const connected = () => /(Connected to tty 1\nType <Ctrl\+a q> to exit the console, .*)/;

/** A screen of lxc-top with NAME or without; what stands in its columns is told by top.test.ts. */
const screenOf = (count: 0 | 1) =>
  onTerminal(({ name }) => {
    const row = count === 0 ? '' : `\n${name.slice(0, 18)} [^]*`;
    return new RegExp(`^(Container) +(CPU) [^]*${row}(TOTAL ${count} of ${count})`);
  }, 'q');

/** What criu would do to a container that is dumped. */
const criu = `#!/bin/sh
[ "$1" != --version ] || echo 'Version: 3.17'
for word; do [ "$before" != -t ] || kill -9 "$word"; before=$word; done
`;

function withCriu(play: Play, argv: readonly string[]) {
  play.scope.file(join(play.dir, 'bin/criu'), criu, 0o755);
  return run(argv[0] ?? '', argv.slice(1), {
    env: { PATH: `${play.dir}/bin:/usr/sbin:/usr/bin:/sbin:/bin` },
  });
}

export const inside: Cases = {
  attach: {
    success: running('-n NAME -- /bin/echo inside'),
    'not running': stopped('-n NAME -- /bin/true'),
    'unknown name': nothing('-n nosuch -- /bin/true'),
    'bad option': badOption,
    'no privilege': asUser('-n NAME -- /bin/true'),
    more: {
      'no name': noName,
      'the status of its command': running('-n NAME -- /probe --exit 7'),
      'a command that there is not': running('-n NAME -- /nosuch'),
    },
  },
  cgroup: {
    success: running('-n NAME memory.limit_in_bytes 67108864', { effect: [limit, '67108864'] }),
    'not running': stopped('-n NAME memory.limit_in_bytes'),
    'unknown name': nothing('-n nosuch memory.limit_in_bytes'),
    'bad option': badOption,
    'no privilege': asUser('-n NAME memory.limit_in_bytes'),
    more: {
      'no name': noName,
      'a value that is read': running('-n NAME memory.limit_in_bytes'),
      'a file that there is not': running('-n NAME memory.nosuch'),
    },
  },
  checkpoint: {
    success: running('-n NAME -s -D DIR/images', {
      config: ['lxc.console.path = none', 'lxc.tty.max = 0', 'lxc.net.0.type = empty'],
      by: withCriu,
      effect: [state, 'STOPPED'],
    }),
    'not running': stopped('-n NAME -s -D DIR/images'),
    'unknown name': nothing('-n nosuch -s -D DIR/images'),
    'bad option': badOption,
    'no privilege': asUser('-n NAME -s -D /nosuch'),
    more: { 'no name': noName },
  },
  console: {
    success: running('-n NAME', {
      config: ['lxc.tty.max = 1', 'lxc.init.cmd = /init'],
      prepare: ({ container }) => void container.script('init', 'exec sleep 1000 </dev/tty1'),
      by: onTerminal(connected, 'C-a', 'q'),
    }),
    'not running': stopped('-n NAME'),
    'unknown name': nothing('-n nosuch'),
    'bad option': badOption,
    'no privilege': asUser('-n NAME'),
    more: { 'no name': noName },
  },
  device: {
    success: running('-n NAME add /dev/urandom', {
      effect: [urandom, '0'],
      noise: 'it looks for an interface of that name in the network namespace of the init of the host',
    }),
    'not running': stopped('-n NAME add /dev/null'),
    'unknown name': nothing('-n nosuch add /dev/null'),
    'bad option': badOption,
    'no privilege': asUser('-n NAME add /dev/null', { differs: saidByOurs }),
    more: { 'no name': noName, 'a device that there is not': running('-n NAME add /dev/nosuch') },
  },
  info: {
    success: running('-n NAME'),
    'not running': stopped('-n NAME'),
    'unknown name': nothing('-n nosuch'),
    'bad option': badOption,
    'no privilege': asUser('-n NAME'),
    more: {
      'no name': noName,
      'of what is frozen': frozen('-n NAME -s -H'),
      'a key of the configuration': stopped('-n NAME -c lxc.uts.name', { config: ['lxc.uts.name = other'] }),
    },
  },
  ls: {
    success: running('-f'),
    'not running': stopped('--running -1'),
    'unknown name': stopped('-1 nosuch'),
    'bad option': badOption,
    'no privilege': asUser('-1'),
    more: {
      'a table for a user': asUser('-f'),
      'what runs, for a user': asUser('--running -1'),
      'of what is stopped': stopped('-f --stopped'),
    },
  },
  top: {
    success: running('', { by: screenOf(1) }),
    'not running': stopped('', { by: screenOf(0) }),
    'unknown name': { senseless: 'it shows all that run' },
    'bad option': badOption,
    'no privilege': asUser('', { by: (play, argv) => screenOf(1)(play, new User(play.scope).command(argv)) }),
    more: { 'no terminal': nothing('') },
  },
};
