/** Many containers of one side of the benchmark, started and stopped by loops of /bin/sh, which forks cheaply. */

import { execFileSync } from 'node:child_process';
import type { Side } from './rows.ts';
import type { World } from './world.ts';

const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', LANG: 'C.UTF-8' };

/** Names are numbers behind the side's letter; a container's monitor writes its pid to `WORLD/SIDE-NUMBER.pid`. */
const startLoop =
  'for i in $(seq $3 $4); do "$0/lxc-start" -P "$1" -n "bench-$2-$i" -f "$1/bench-$2/config" -p "$1/$2-$i.pid" -d || exit 1; done';
const stopLoop = 'for i in $(seq $3 $4); do "$0/lxc-stop" -k -P "$1" -n "bench-$2-$i"; done';

/** Milliseconds that the loop took. */
export function startMany(world: World, side: Side, from: number, to: number): number {
  return loop(startLoop, world, side, from, to);
}

export function stopMany(world: World, side: Side, from: number, to: number): number {
  return loop(stopLoop, world, side, from, to);
}

function loop(script: string, world: World, side: Side, from: number, to: number): number {
  const bin = side === 'a' ? world.ours : world.theirs;
  const begin = performance.now();
  execFileSync('/bin/sh', ['-c', script, bin, world.lxcpath, side, String(from), String(to)], {
    env: environment,
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  return performance.now() - begin;
}
