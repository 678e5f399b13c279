/** lxc-top's first look at all containers, in batch mode on a terminal of its own, which C LXC's insists on. */

import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { median } from '../statistics.ts';
import { environment, toolOf, type World } from '../world.ts';
import type { Crowd } from './crowd.ts';

const rounds = 3;
const longestMs = 60_000;

/** Milliseconds from its start until the last container's line is out. */
export async function refreshOfTop(world: World, crowd: Crowd): Promise<number> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round++) times.push(await refresh(world, crowd));
  return median(times);
}

async function refresh(world: World, crowd: Crowd): Promise<number> {
  const top = `${toolOf(crowd.side, world, 'lxc-top')} -P ${crowd.lxcpath} -b -d 1`;
  // C LXC's shows as many as there are lines, in batch mode too.
  const command = `stty rows ${crowd.count + 10} cols 200; exec ${top}`;
  const begin = performance.now();
  const process = spawn('script', ['-q', '-e', '-f', '-c', command, '/dev/null'], {
    env: environment,
    // Its end would be typed as Ctrl-D.
    stdio: ['pipe', 'pipe', 'ignore'],
    timeout: longestMs,
  });
  const ended = once(process, 'exit');
  let printed = '';
  for await (const data of process.stdout) {
    printed += String(data);
    if (printed.split(`,bench-${crowd.side}-`).length > crowd.count) break;
  }
  const time = performance.now() - begin;
  // Without its terminal lxc-top ends too.
  process.kill('SIGKILL');
  await ended;
  if (printed.split(`,bench-${crowd.side}-`).length <= crowd.count)
    throw new Error(
      `${command} ended before it had shown ${crowd.count} containers: ${printed.slice(0, 200)}`,
    );
  return time;
}
