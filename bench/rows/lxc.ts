/** Our commands beside those of C LXC: same words, same container, same root file system. */

import { cpSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { runQuietly } from '../run.ts';
import { config, type Side, toolOf, type World } from '../world.ts';
import { runningCrowd } from './crowd.ts';
import { type Row, type Step, timed, untimed } from './row.ts';

const peer = 'C LXC';
const sides = ['a', 'b'] as const;

/** Of the container of the side that the world has. */
export function command(side: Side, world: World, tool: string, ...args: string[]): string[] {
  return [toolOf(side, world, tool), '-P', world.lxcpath, '-n', `bench-${side}`, ...args];
}

const start = (side: Side, world: World) => command(side, world, 'lxc-start', '-d');
const stop = (side: Side, world: World) => command(side, world, 'lxc-stop', '-k');

/** Both containers run until it is disposed of. */
export function running(world: World): Disposable {
  for (const side of sides) runQuietly(world, start(side, world));
  return {
    [Symbol.dispose]: () => {
      for (const side of sides) runQuietly(world, stop(side, world));
    },
  };
}

/** A row of one command to a running container. */
function question(name: string, title: string, [tool = '', ...args]: string[], target?: Row['target']): Row {
  return {
    ...{ name, title, peer, prepare: running },
    ...(target === undefined ? {} : { target }),
    steps: (side, world) => [timed(...command(side, world, tool, ...args))],
  };
}

/** No answer that was given before holds for a configuration that has changed. */
function edited(side: Side, world: World): Step {
  const file = join(world.lxcpath, `bench-${side}`, 'config');
  const script = 'grep -v "^#" "$0" >"$0.new" && echo "# $$" >>"$0.new" && mv "$0.new" "$0"';
  return untimed('/bin/sh', '-c', script, file);
}

function withoutDaemon(side: Side, world: World): readonly Step[] {
  return side === 'a' ? [untimed(join(world.ours, 'lxcd'), '--stop')] : [];
}

const lifecycle: readonly Row[] = [
  {
    name: 'start',
    title: '`lxc-start -d` + `lxc-stop -k`',
    peer,
    target: { hot: 0.45, idle: 0.15 },
    steps: (side, world) => [timed(...start(side, world)), timed(...stop(side, world))],
  },
  {
    name: 'start-edited',
    title: '`lxc-start -d` + `lxc-stop -k`, configuration just edited',
    peer,
    steps: (side, world) => [edited(side, world), timed(...start(side, world)), timed(...stop(side, world))],
  },
  {
    name: 'execute',
    title: '`lxc-execute -- true`',
    peer,
    target: { hot: 0.5, idle: 0.25 },
    steps: (side, world) => [timed(...command(side, world, 'lxc-execute', '--', '/bin/true'))],
  },
  {
    name: 'first-start',
    title: 'first `lxc-start -d`, no daemon running',
    peer,
    target: { idle: 1.6 },
    modes: ['idle'],
    steps: (side, world) => [
      ...withoutDaemon(side, world),
      timed(...start(side, world)),
      untimed(...stop(side, world)),
    ],
  },
  {
    name: 'first-edited',
    title: 'first `lxc-start -d`, no daemon running, configuration just edited',
    peer,
    target: { idle: 1.6 },
    modes: ['idle'],
    steps: (side, world) => [
      ...withoutDaemon(side, world),
      edited(side, world),
      timed(...start(side, world)),
      untimed(...stop(side, world)),
    ],
  },
];

const limit = 'memory.limit_in_bytes';

const questions: readonly Row[] = [
  question('attach', '`lxc-attach -- true`', ['lxc-attach', '--', '/bin/true'], { hot: 0.35, idle: 0.12 }),
  question('info', '`lxc-info`', ['lxc-info'], { hot: 0.5 }),
  question('cgroup-get', '`lxc-cgroup KEY`', ['lxc-cgroup', limit], { hot: 0.5 }),
  question('cgroup-set', '`lxc-cgroup KEY VALUE`', ['lxc-cgroup', limit, '536870912']),
  {
    name: 'freeze',
    title: '`lxc-freeze` + `lxc-unfreeze`',
    peer,
    prepare: running,
    steps: (side, world) =>
      ['lxc-freeze', 'lxc-unfreeze'].map((tool) => timed(...command(side, world, tool))),
  },
];

function list(count: number, share: number): Row {
  const name = `ls-${count}`;
  const containers = count === 1 ? '1 container' : `${count} containers`;
  return {
    ...{ name, title: `\`lxc-ls -f\`, ${containers} running`, peer, share },
    prepare: (world) => {
      const stack = new DisposableStack();
      try {
        for (const side of sides) stack.use(runningCrowd(world, side, name, count));
        return stack;
      } catch (error) {
        stack.dispose();
        throw error;
      }
    },
    steps: (side, world) => [
      timed(toolOf(side, world, 'lxc-ls'), '-P', join(world.root, `${name}-${side}`), '-f'),
    ],
  };
}

/** A container whose root file system is its own, as overlays of C LXC want it. */
function original(world: World): Disposable {
  for (const side of sides) {
    const directory = join(world.lxcpath, `bench-${side}-original`);
    mkdirSync(directory);
    cpSync(world.rootfs, join(directory, 'rootfs'), { recursive: true, verbatimSymlinks: true });
    writeFileSync(join(directory, 'config'), config(`bench-${side}-original`, join(directory, 'rootfs')));
  }
  return { [Symbol.dispose]: () => {} };
}

/** A command on a container of the side that comes and goes with the row. */
function guest(side: Side, world: World, tool: string, name: string, ...args: string[]): Step {
  return timed(toolOf(side, world, tool), '-P', world.lxcpath, '-n', `bench-${side}-${name}`, ...args);
}

const storage: readonly Row[] = [
  {
    name: 'create',
    title: '`lxc-create -t busybox` + `lxc-destroy`',
    peer,
    share: 0.25,
    steps: (side, world) => [
      guest(side, world, 'lxc-create', 'created', '-f', '/dev/null', '-t', 'busybox'),
      guest(side, world, 'lxc-destroy', 'created'),
    ],
  },
  {
    name: 'clone',
    title: '`lxc-copy -s -B overlay` + `lxc-destroy`',
    peer,
    share: 0.5,
    prepare: original,
    steps: (side, world) => [
      guest(side, world, 'lxc-copy', 'original', '-N', `bench-${side}-clone`, '-s', '-B', 'overlay'),
      guest(side, world, 'lxc-destroy', 'clone'),
    ],
  },
];

export const lxcRows: readonly Row[] = [
  ...lifecycle,
  ...questions,
  list(1, 0.5),
  list(10, 0.5),
  list(100, 0.25),
  ...storage,
];
