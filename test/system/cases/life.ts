/** Tools that begin, end and await the life of a container. */

import { existsSync, readFileSync } from 'node:fs';
import type { Cases, Play } from '../harness/case.ts';
import { finished, type Result, start } from '../harness/commands.ts';
import { eventually } from '../harness/eventually.ts';
import { asUser, badOption, frozen, noName, nothing, running, saidByOurs, state, stopped } from './words.ts';

const boots = ['lxc.start.auto = 1', 'lxc.group = NAME'];
const fifo = '/run/lxc//var/lib/lxc/monitor-fifo';

/** Hears the whole life of NAME; the daemon that it needs leaves with it. */
async function hearing(play: Play, argv: readonly string[]): Promise<Result> {
  const child = start(argv[0] ?? '', argv.slice(1));
  const done = finished(child, 'lxc-monitor');
  let heard = '';
  child.stdout?.on('data', (text: string) => {
    heard += text;
  });
  const connected = () => / 03 +\d+ @lxc\/[0-9a-f]{16}\//.test(readFileSync('/proc/net/unix', 'utf8'));
  await eventually(connected, 'lxc-monitor is connected');
  await play.must('start', '-n', 'NAME');
  await play.must('stop', '-n', 'NAME', '-k');
  await eventually(() => heard.includes('[STOPPED]'), 'lxc-monitor hears of the end');
  child.kill('SIGINT');
  const result = await done;
  await play.must('monitor', '-Q');
  await eventually(() => !existsSync(fifo), 'the daemon is gone');
  return result;
}

export const life: Cases = {
  autostart: {
    success: stopped('-g NAME', { config: boots, effect: [state, 'RUNNING'] }),
    'not running': stopped('-k -g NAME', { config: boots, effect: [state, 'STOPPED'] }),
    'unknown name': nothing('-g nosuch', {
      differs: { ours: { status: 0 }, theirs: { status: 1 }, decision: 'small-commands.md' },
    }),
    'bad option': badOption,
    'no privilege': asUser('-k -g NAME', {
      config: boots,
      differs: {
        ours: { status: 1, stderr: 'speaks' },
        theirs: { status: 0, stderr: 'silent' },
        decision: 'small-commands.md',
      },
    }),
    more: {
      'kills what runs': running('-k -g NAME', { config: boots, effect: [state, 'STOPPED'] }),
      'lists what is to start': stopped('-L -g NAME', { config: boots }),
      'not to be started': asUser('-s -a'),
    },
  },
  execute: {
    success: stopped('-n NAME -- /bin/echo inside'),
    'not running': { senseless: 'what it runs in does not run: success' },
    'unknown name': nothing('-n nosuch -- /bin/true'),
    'bad option': badOption,
    'no privilege': asUser('-n NAME -- /bin/true'),
    more: {
      'no name': noName,
      'of a container that runs': running('-n NAME -- /bin/echo inside', { effect: [state, 'RUNNING'] }),
      'the status of its command': stopped('-n NAME -- /probe --exit 7'),
      'definitions instead of a file': nothing('-n NEW -s lxc.uts.name=other -- /bin/hostname', {
        differs: {
          ours: { status: 0, stdout: 'other\n', stderr: 'silent' },
          theirs: { status: 1, stdout: '', stderr: 'speaks' },
          decision: 'host-init.md',
        },
      }),
    },
  },
  freeze: {
    success: running('-n NAME', { effect: [state, 'FROZEN'] }),
    'not running': stopped('-n NAME'),
    'unknown name': nothing('-n nosuch'),
    'bad option': badOption,
    'no privilege': asUser('-n NAME'),
    more: { 'no name': noName, twice: frozen('-n NAME', { effect: [state, 'FROZEN'] }) },
  },
  monitor: {
    success: stopped('-n NAME', { by: hearing, status: 130 }),
    'not running': stopped('-Q', { differs: saidByOurs }),
    'unknown name': { senseless: 'a name is a pattern, and it waits for who will have it' },
    'bad option': badOption,
    'no privilege': asUser('-Q', { differs: saidByOurs }),
    more: { 'a wrong pattern': nothing('-n a[', { differs: saidByOurs }) },
  },
  start: {
    success: stopped('-n NAME', { effect: [state, 'RUNNING'] }),
    'not running': { senseless: 'what it starts does not run: success' },
    'unknown name': nothing('-n nosuch'),
    'bad option': badOption,
    'no privilege': asUser('-n NAME'),
    more: {
      'no name': noName,
      'a command and no configuration': nothing('-n nosuch -F -- /bin/true'),
      'what runs already': running('-n NAME', { effect: [state, 'RUNNING'] }),
    },
  },
  stop: {
    success: running('-n NAME -k', { effect: [state, 'STOPPED'] }),
    'not running': stopped('-n NAME -k'),
    'unknown name': nothing('-n nosuch -k'),
    'bad option': badOption,
    'no privilege': asUser('-n NAME -k'),
    more: {
      'no name': noName,
      cleanly: running('-n NAME -t 20', {
        config: ['lxc.signal.halt = SIGKILL'],
        effect: [state, 'STOPPED'],
      }),
      'what is frozen': frozen('-n NAME -k', { effect: [state, 'STOPPED'] }),
    },
  },
  unfreeze: {
    success: frozen('-n NAME', { effect: [state, 'RUNNING'] }),
    'not running': stopped('-n NAME'),
    'unknown name': nothing('-n nosuch'),
    'bad option': badOption,
    'no privilege': asUser('-n NAME'),
    more: { 'no name': noName, 'what is not frozen': running('-n NAME', { effect: [state, 'RUNNING'] }) },
  },
  wait: {
    success: running('-n NAME -s RUNNING|FROZEN -t 5'),
    'not running': stopped('-n NAME -s RUNNING -t 0'),
    'unknown name': nothing('-n nosuch -s RUNNING -t 0'),
    'bad option': badOption,
    'no privilege': asUser('-n NAME -s RUNNING -t 0'),
    more: {
      'no name': noName,
      'for what is so': stopped('-n NAME -s STOPPED -t 5'),
      'a state that there is not': stopped('-n NAME -s ASLEEP -t 0'),
    },
  },
};
