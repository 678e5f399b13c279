/** A proc view for one test, at the directory that every implementation uses, and by each of our transports. */

import { mkdirSync, readFileSync, rmdirSync } from 'node:fs';
import { resolve } from 'node:path';
import { test } from 'vitest';
import { finished, start } from './commands.ts';
import { eventually } from './eventually.ts';
import type { Scope } from './scope.ts';
import { testOurs } from './suite.ts';

export const mountpoint = '/var/lib/lxcfs';
export const ours = resolve(import.meta.dirname, '../../../bin/lxcfs');

/** A command that serves it. */
export type Server = readonly [program: string, ...options: string[]];

export const overFuseNative: Server = [ours, '--transport', 'fuse-native'];

const reason = 'the view without a hook';

interface Over {
  /** Why it cannot be over fuse-native; see docs/lxcfs.md. */
  readonly notNative?: string;
  readonly timeoutMs?: number;
}

/** The test over each transport, with the server to give to `serveView`. */
export function testOver(
  title: string,
  { notNative, ...options }: Over,
  body: (scope: Scope, server: Server) => Promise<void>,
): void {
  testOurs(title, reason, (scope) => body(scope, [ours]), options);
  if (notNative !== undefined) test.skip(`${title} (over fuse-native): ${notNative}`, () => undefined);
  else testOverFuseNative(title, (scope) => body(scope, overFuseNative), options);
}

export function testOverFuseNative(
  title: string,
  body: (scope: Scope) => Promise<void>,
  options: Omit<Over, 'notNative'> = {},
): void {
  const named = `${title} (over fuse-native)`;
  // The package brings its addon for no other processor.
  if (process.arch === 'x64') testOurs(named, reason, body, options);
  else test.skip(`${named}: it has no build for ${process.arch}`, () => undefined);
}

/** Where it is over fuse-native, which takes no directory that is a mount itself. */
const inner = `${mountpoint}/inner`;

function isMounted(at: string): boolean {
  const lines = readFileSync('/proc/self/mountinfo', 'utf8').split('\n');
  return lines.some((line) => line.includes(` ${at} `) && line.includes(' - fuse.lxcfs '));
}

interface Served {
  /** Its directory. */
  readonly at: string;
  readonly pid: number;
  kill(): Promise<void>;
}

/** Until the test ends, or somebody kills it. */
export async function serveView(scope: Scope, by: string | Server): Promise<Served> {
  const [program, ...options] = typeof by === 'string' ? [by] : by;
  const at = by === overFuseNative ? inner : mountpoint;
  mkdirSync(at, { recursive: true });
  const server = start(program, [...options, at]);
  const end = finished(server, program, { timeoutMs: 300_000 });
  const stop = async (signal: NodeJS.Signals): Promise<void> => {
    server.kill(signal);
    await end;
  };
  scope.defer(async () => {
    if (server.exitCode === null && server.signalCode === null) await stop('SIGTERM');
    if (isMounted(at)) await finished(start('umount', ['-l', at]), 'umount');
    if (at === inner) rmdirSync(inner);
  });
  await eventually(() => isMounted(at), `${program} mounts`);
  return { at, pid: server.pid ?? 0, kill: () => stop('SIGKILL') };
}
