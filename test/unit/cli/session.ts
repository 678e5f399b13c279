/** A session without a caller: what a command prints is kept, what it would have run is refused. */

import { Grounds } from '../../../src/base/grounds.ts';
import { Laps } from '../../../src/base/laps.ts';
import { main } from '../../../src/cli/main.ts';
import type { Session } from '../../../src/run/session.ts';

export interface FakeSession extends Session {
  readonly printed: { out: string; err: string; log: string };
}

export function fakeSession(argv: readonly string[], more: Partial<Session> = {}): FakeSession {
  const printed = { out: '', err: '', log: '' };
  const refuse = () => Promise.reject(new Error('this session runs nothing'));
  return {
    argv,
    cwd: '/',
    env: { PATH: '/usr/bin:/bin' },
    umask: 0o022,
    uid: 0,
    gid: 0,
    isatty: { stdin: false, stdout: false, stderr: false },
    window: { rows: 0, columns: 0 },
    pid: process.pid,
    signal: new AbortController().signal,
    grounds: new Grounds(),
    laps: new Laps(),
    out: (text) => {
      printed.out += text;
    },
    err: (text) => {
      printed.err += text;
    },
    report: (text) => {
      printed.out += text;
    },
    syslog: (line) => {
      printed.log += `${line}\n`;
    },
    resolve: (path) => (path.startsWith('/') ? path : `/${path}`),
    run: refuse,
    look: refuse,
    runLast: refuse,
    runTraced: refuse,
    spawn: refuse,
    want: () => {
      throw new Error('this session reads nothing');
    },
    stopDaemon: () => false,
    printed,
    ...more,
  };
}

/** What a command line prints and how it ends. */
export async function runLine(line: string, more: Partial<Session> = {}) {
  const session = fakeSession(line.split(' '), more);
  const { status } = await main(session);
  const { out, err } = session.printed;
  return { status, out, err };
}
