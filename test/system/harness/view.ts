/** A proc view for one test, at the directory that every implementation uses. */

import { mkdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { finished, start } from './commands.ts';
import { eventually } from './eventually.ts';
import type { Scope } from './scope.ts';

export const mountpoint = '/var/lib/lxcfs';
export const ours = resolve(import.meta.dirname, '../../../bin/lxcfs');

function isMounted(): boolean {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return lines.some((line) => line.includes(` ${mountpoint} `) && line.includes(' - fuse.lxcfs '));
}

interface Served {
  readonly pid: number;
  kill(): Promise<void>;
}

/** Until the test ends, or somebody kills it. */
export async function serveView(scope: Scope, program: string): Promise<Served> {
  mkdirSync(mountpoint, { recursive: true });
  const server = start(program, [mountpoint]);
  const end = finished(server, program, { timeoutMs: 300_000 });
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    server.kill(signal);
    await end;
  };
  scope.defer(async () => {
    if (server.exitCode === null && server.signalCode === null) await stop('SIGTERM');
    if (isMounted()) await finished(start('umount', ['-l', mountpoint]), 'umount');
  });
  await eventually(isMounted, `${program} mounts`);
  return { pid: server.pid ?? 0, kill: () => stop('SIGKILL') };
}
