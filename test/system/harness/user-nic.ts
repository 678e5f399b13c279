/** lxc-user-nic in its three forms, and somebody's network namespace to make interfaces in. */

import { chmodSync, copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { binDir, finished, type Result, run, start } from './commands.ts';
import { eventually } from './eventually.ts';
import type { Scope } from './scope.ts';
import type { User } from './user.ts';

export const makers = ['service', 'setuid', 'debian'] as const;
export type Maker = (typeof makers)[number];

const own = join(binDir, 'lxc-user-nic');
const socket = '/run/lxc/user-nic';

/** The path of the program, made ready. */
export async function userNic(scope: Scope, maker: Maker): Promise<string> {
  scope.defer(async () => {
    await run('rm', ['-f', '/run/lxc/nics', socket]);
  });
  if (maker === 'debian') return '/usr/libexec/lxc/lxc-user-nic';
  if (maker === 'service') await service(scope);
  else await setuid(scope);
  return own;
}

async function service(scope: Scope): Promise<void> {
  const child = start(own, ['--service']);
  const done = finished(child, 'lxc-user-nic --service', { timeoutMs: 600_000 });
  scope.defer(async () => {
    child.kill('SIGTERM');
    await done;
  });
  await eventually(async () => (await run('test', ['-S', socket])).status === 0, 'the service listens');
}

/** The bit is set on a copy, which lies over the program for as long as the test runs. */
async function setuid(scope: Scope): Promise<void> {
  const copy = scope.file(join('/run', scope.name()), '');
  copyFileSync(own, copy);
  chmodSync(copy, 0o4755);
  await run('mount', ['--bind', copy, own]);
  scope.defer(async () => {
    await run('umount', [own]);
  });
}

/** A process in a network namespace of the user's own. */
export async function lonely(scope: Scope, user: User): Promise<string> {
  const mark = String(100_000 + Math.floor(Math.random() * 800_000));
  const script = `lxc-usernsexec -- unshare --net sleep ${mark}`;
  const child = user.run(['/bin/sh', '-c', script], { timeoutMs: 600_000 });
  const pid = async () => (await run('pgrep', ['-xf', `sleep ${mark}`])).stdout.trim();
  scope.defer(async () => {
    await run('kill', [await pid()]);
    await child;
  });
  await eventually(async () => (await pid()) !== '', 'the process sleeps');
  return await pid();
}

export async function linksIn(pid: string): Promise<readonly string[]> {
  return names(await run('nsenter', ['-t', pid, '-n', 'ip', '-o', 'link']));
}

export async function portsOf(bridge: string): Promise<readonly string[]> {
  return names(await run('ip', ['-o', 'link', 'show', 'master', bridge]));
}

function names({ stdout }: Result): readonly string[] {
  return [...stdout.matchAll(/^[0-9]+: ([^@:]+)/gm)].map(([, name = '']) => name);
}
