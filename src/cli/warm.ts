/**
 * Runs commands for nobody, so that their code is compiled: the build keeps the outcome for a quick cold start. The
 * programs that they plan are encoded and dropped; nothing is executed.
 */

import { resolve } from 'node:path';
import { LxcError } from '../base/error.ts';
import type { RunResult, Session } from '../run/session.ts';
import { encodeProgram } from '../wire/encode.ts';
import { main } from './main.ts';

const nobody = 'lxc-ts-nobody';

const lines: readonly (readonly string[])[] = [
  [
    'lxc-start',
    ...[
      'lxc.rootfs.path=/',
      'lxc.mount.auto=proc sys cgroup',
      'lxc.net.0.type=empty',
      'lxc.uts.name=c',
    ].flatMap((setting) => ['-s', setting]),
  ],
  ['lxc-info'],
  ['lxc-attach', '--', 'true'],
  ['lxc-stop', '-k'],
];

export async function warmUp(): Promise<void> {
  for (const [command = '', ...words] of lines) await main(drySession([command, '-n', nobody, ...words]));
}

function drySession(argv: readonly string[]): Session {
  const done: RunResult = { kind: 'ok', list: 0, index: 0, errno: 0, value: 0, detail: '', notes: [] };
  return {
    argv,
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
    umask: 0o22,
    uid: 0,
    gid: 0,
    isatty: { stdin: false, stdout: false, stderr: false },
    window: { rows: 0, columns: 0 },
    pid: process.pid,
    signal: new AbortController().signal,
    out: () => {},
    err: () => {},
    resolve: (path) => resolve('/', path),
    run: (program) => {
      encodeProgram(program);
      return Promise.resolve(done);
    },
    spawn: () => Promise.resolve({ status: 0, output: '' }),
    want: () => {
      throw new LxcError('Failed to read input: nobody is there');
    },
    stopDaemon: () => false,
  };
}
