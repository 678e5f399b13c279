/** Many containers of one side, started and stopped by loops of /bin/sh, which forks cheaply. */

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runQuietly } from '../run.ts';
import { config, type Side, toolOf, type World } from '../world.ts';

/** Containers `bench-SIDE-1`... in a container path of their own, where none has been started yet. */
export interface Crowd {
  readonly side: Side;
  readonly lxcpath: string;
  /** Where their pid files are: below /run, as those of all services. */
  readonly pids: string;
  readonly count: number;
}

/** One terminal each: a thousand containers have a few thousand ptys to share. */
const ttys = 1;

export function makeCrowd(world: World, side: Side, name: string, count: number, more = ''): Crowd {
  const lxcpath = join(world.root, `${name}-${side}`);
  for (let number = 1; number <= count; number++) {
    const directory = join(lxcpath, `bench-${side}-${number}`);
    mkdirSync(directory, { recursive: true });
    writeFileSync(
      join(directory, 'config'),
      `${config(`bench-${side}-${number}`, world.rootfs, ttys)}${more}`,
    );
  }
  return { side, lxcpath, pids: mkdtempSync('/run/lxc-ts-bench-'), count };
}

export function removeCrowd({ lxcpath, pids }: Crowd): void {
  for (const directory of [lxcpath, pids]) rmSync(directory, { recursive: true });
}

/** Its monitor writes its pid there. */
export function pidFileOf({ pids, side }: Crowd, number: number): string {
  return join(pids, `bench-${side}-${number}.pid`);
}

const scripts = {
  start: 'for i in $(seq $3 $4); do "$0" -P "$1" -n "bench-$2-$i" -p "$5/bench-$2-$i.pid" -d || exit 1; done',
  stop: 'for i in $(seq $3 $4); do "$0" -k -P "$1" -n "bench-$2-$i" || exit 1; done',
  startByFour: 'seq $3 $4 | xargs -P 4 -I {} "$0" -P "$1" -n "bench-$2-{}" -p "$5/bench-$2-{}.pid" -d',
  stopByFour: 'seq $3 $4 | xargs -P 4 -I {} "$0" -k -P "$1" -n "bench-$2-{}"',
  /** After a loop that failed; some of them do not run. */
  giveUp: 'for i in $(seq $3 $4); do "$0" -k -P "$1" -n "bench-$2-$i" 2>/dev/null || :; done',
} as const;

/** Milliseconds that the loop took. */
export function loop(
  world: World,
  script: keyof typeof scripts,
  crowd: Crowd,
  from = 1,
  to = crowd.count,
): number {
  const tool = toolOf(crowd.side, world, script.startsWith('start') ? 'lxc-start' : 'lxc-stop');
  const begin = performance.now();
  const { lxcpath, side, pids } = crowd;
  const words = [tool, lxcpath, side, String(from), String(to), pids];
  runQuietly(world, ['/bin/sh', '-c', scripts[script], ...words]);
  return performance.now() - begin;
}

/** A crowd that runs until it is disposed of. */
export function runningCrowd(world: World, side: Side, name: string, count: number): Crowd & Disposable {
  const crowd = makeCrowd(world, side, name, count);
  const end = () => {
    loop(world, 'giveUp', crowd);
    removeCrowd(crowd);
  };
  try {
    loop(world, 'start', crowd);
  } catch (error) {
    end();
    throw error;
  }
  return { ...crowd, [Symbol.dispose]: end };
}
