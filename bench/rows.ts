/** What is measured: one row per figure of the design's table of targets that compares two commands. */

import type { World } from './world.ts';

export interface Step {
  readonly argv: readonly string[];
  /** Part of the figure; other steps only bring the container into place. */
  readonly timed: boolean;
}

export interface Row {
  readonly name: string;
  readonly title: string;
  /** Largest ratio ours / theirs that meets the design. */
  readonly target: { readonly hot?: number; readonly idle?: number };
  /** A container of either side runs while the row is measured. */
  readonly running: boolean;
  steps(side: Side, world: World): readonly Step[];
}

export type Side = 'a' | 'b';

const timed = (...argv: string[]): Step => ({ argv, timed: true });
const untimed = (...argv: string[]): Step => ({ argv, timed: false });

function command(side: Side, world: World, tool: string, ...args: string[]): string[] {
  const bin = side === 'a' ? world.ours : world.theirs;
  return [`${bin}/${tool}`, '-P', world.lxcpath, '-n', `bench-${side}`, ...args];
}

export const rows: readonly Row[] = [
  {
    name: 'start-stop',
    title: '`lxc-start -d` + `lxc-stop -k`',
    target: { hot: 0.45, idle: 0.15 },
    running: false,
    steps: (side, world) => [
      timed(...command(side, world, 'lxc-start', '-d')),
      timed(...command(side, world, 'lxc-stop', '-k')),
    ],
  },
  {
    name: 'execute',
    title: '`lxc-execute -- true`',
    target: { hot: 0.5, idle: 0.25 },
    running: false,
    steps: (side, world) => [timed(...command(side, world, 'lxc-execute', '--', '/bin/true'))],
  },
  {
    name: 'attach',
    title: '`lxc-attach -- true`',
    target: { hot: 0.35, idle: 0.12 },
    running: true,
    steps: (side, world) => [timed(...command(side, world, 'lxc-attach', '--', '/bin/true'))],
  },
  {
    name: 'info',
    title: '`lxc-info`',
    target: { hot: 0.5 },
    running: true,
    steps: (side, world) => [timed(...command(side, world, 'lxc-info'))],
  },
  {
    name: 'cgroup',
    title: '`lxc-cgroup KEY`',
    target: { hot: 0.5 },
    running: true,
    steps: (side, world) => [timed(...command(side, world, 'lxc-cgroup', 'memory.limit_in_bytes'))],
  },
  {
    name: 'first-start',
    title: 'first `lxc-start -d`, no daemon running',
    target: { idle: 1.6 },
    running: false,
    steps: (side, world) => [
      ...(side === 'a' ? [untimed(`${world.ours}/lxcd`, '--stop')] : []),
      timed(...command(side, world, 'lxc-start', '-d')),
      untimed(...command(side, world, 'lxc-stop', '-k')),
    ],
  },
];

/** The steps that bring a row's containers up and down. */
export const startBoth = (world: World): readonly (readonly string[])[] =>
  (['a', 'b'] as const).map((side) => command(side, world, 'lxc-start', '-d'));
export const stopBoth = (world: World): readonly (readonly string[])[] =>
  (['a', 'b'] as const).map((side) => command(side, world, 'lxc-stop', '-k'));
