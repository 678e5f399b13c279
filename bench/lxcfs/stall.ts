/** How long a reader waits while servers of the view are killed under it. */

import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ViewWorld } from './world.ts';

const kills = 20;
const pauseMs = 300;

/** One reader at full speed; every 300 ms one server, in turn, or both. */
export async function longestStall(
  world: ViewWorld,
  which: 'one' | 'both',
): Promise<{ readonly longest: number; readonly errors: number; readonly kills: number }> {
  const length = (kills + 2) * pauseMs;
  const [file = '', ...args] = world.command([
    ...[world.reader, '-1', '1', '1', String(length)],
    world.path('shared', 'proc/meminfo') ?? '',
  ]);
  const reader = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const printed = text(reader.stdout);
  await sleep(pauseMs);
  for (let count = 0; count < kills; count++) {
    const servers = world.ours().slice(0, 2);
    const doomed = which === 'both' ? servers : servers.slice(count % 2, (count % 2) + 1);
    for (const pid of doomed) process.kill(pid, 'SIGKILL');
    await sleep(pauseMs);
  }
  const [, , , errors = 0, , , longest = 0] = (await printed).trim().split(' ').map(Number);
  return { longest: longest / 1e6, errors, kills };
}
