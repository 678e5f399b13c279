/** Counts what commands cost the kernel and the processor, by strace and callgrind: the same on a noisy machine. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { World } from '../world.ts';

/** By `COMMAND: what is counted`. */
export type Counts = Readonly<Record<string, number>>;

const environment = { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', HOME: '/root', LANG: 'C.UTF-8' };
const silent: ('ignore' | 'inherit')[] = ['ignore', 'ignore', 'inherit'];
const quiet = { env: environment, timeout: 60_000, stdio: silent };

/** Where waits are cut in two the count is larger, so the least of a few counts. */
const rounds = 3;
const manyQuestions = 10;

/** Commands whose client answers by itself from the second time on, until the container left the state RUNNING once. */
const known: readonly (readonly string[])[] = [
  ['lxc-info'],
  ['lxc-cgroup', 'memory.limit_in_bytes'],
  ['lxc-cgroup', 'memory.limit_in_bytes', '67108864'],
  ['lxc-wait', '-s', 'RUNNING'],
];

/** Commands that ask the daemon each time, of a container that was frozen once. */
const questions: readonly (readonly string[])[] = [['lxc-info'], ['lxc-wait', '-s', 'RUNNING']];

/** What V8 does for itself, when it likes to. */
const memory = new Set(['brk', 'futex', 'madvise', 'mmap', 'mprotect', 'munmap']);

/** Leaves nothing behind; the container is that of `world` for our side. */
export async function countAll(world: World): Promise<Counts> {
  run(argvOf(world, ['lxc-start', '-d']));
  run(argvOf(world, ['lxc-stop', '-k']));
  const counts: Record<string, number> = {
    ...(await lifeOf(world)),
    'lxc-execute: system calls': callsOf(world, ['lxc-execute', '--', '/bin/true']),
  };
  run(argvOf(world, ['lxc-start', '-d']));
  try {
    counts['lxc-attach: system calls'] = callsOf(world, ['lxc-attach', '--', '/bin/true']);
    for (const question of known) Object.assign(counts, knownCostOf(world, question));
    Object.assign(counts, turnsOf(world));
    for (const question of questions) Object.assign(counts, await costOf(world, question));
  } finally {
    run(argvOf(world, ['lxc-stop', '-k']));
  }
  return counts;
}

/** From the start to the end of the monitor, and the stop. */
async function lifeOf(world: World): Promise<Counts> {
  const file = join(world.lxcpath, 'life');
  const lives: number[] = [];
  const stops: number[] = [];
  for (let round = 0; round < rounds; round++) {
    const life = spawn('strace', strace(file, argvOf(world, ['lxc-start', '-d'])), quiet);
    const ended = once(life, 'close');
    run(argvOf(world, ['lxc-wait', '-s', 'RUNNING', '-t', '30']));
    stops.push(callsOnce(world, ['lxc-stop', '-k']));
    await ended;
    lives.push(totalOf(file));
  }
  return {
    'lxc-start -d and its monitor: system calls': Math.min(...lives),
    'lxc-stop -k: system calls': Math.min(...stops),
  };
}

/** Each has something to do only after the other. */
function turnsOf(world: World): Counts {
  const turns = Array.from({ length: rounds + 1 }, () =>
    ['lxc-freeze', 'lxc-unfreeze'].map((tool) => callsOnce(world, [tool])),
  );
  const least = (which: number) => Math.min(...turns.map((counts) => counts[which] ?? Number.NaN));
  return { 'lxc-freeze: system calls': least(0), 'lxc-unfreeze: system calls': least(1) };
}

function knownCostOf(world: World, question: readonly string[]): Counts {
  const name = `${question.join(' ')} again`;
  // Below valgrind its environment is another one, which makes other words.
  instructionsOf(world, question);
  return {
    [`${name}: system calls`]: callsOf(world, question),
    [`${name}: instructions`]: instructionsOf(world, question),
  };
}

/** Of the client, and of the daemon that answers it. */
async function costOf(world: World, question: readonly string[]): Promise<Counts> {
  const name = question.join(' ');
  return {
    [`${name}: system calls`]: callsOf(world, question),
    [`${name}: instructions`]: instructionsOf(world, question),
    [`${name}: system calls of the daemon`]: await daemonCallsOf(world, question),
  };
}

/** It was said before, so it is counted as it is from the second time on. */
function callsOf(world: World, command: readonly string[]): number {
  run(argvOf(world, command));
  return Math.min(...Array.from({ length: rounds }, () => callsOnce(world, command)));
}

function callsOnce(world: World, command: readonly string[]): number {
  const file = join(world.lxcpath, 'calls');
  run(['strace', ...strace(file, argvOf(world, command))]);
  return totalOf(file);
}

function instructionsOf(world: World, command: readonly string[]): number {
  const file = join(world.lxcpath, 'instructions');
  run(['valgrind', '-q', '--tool=callgrind', `--callgrind-out-file=${file}`, ...argvOf(world, command)]);
  return numberIn(file, /^summary: (\d+)$/m);
}

/** Of the daemon's main thread, for one of many. */
async function daemonCallsOf(world: World, command: readonly string[]): Promise<number> {
  const counts: number[] = [];
  for (let round = 0; round < rounds; round++) counts.push(await daemonCallsOnce(world, command));
  return Math.min(...counts);
}

async function daemonCallsOnce(world: World, command: readonly string[]): Promise<number> {
  const file = join(world.lxcpath, 'daemon');
  const tracer = spawn('strace', ['-c', '-U', 'calls,name', '-o', file, '-p', daemonOf(world)], {
    ...quiet,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  const ended = once(tracer, 'close');
  await attached(tracer);
  for (let round = 0; round < manyQuestions; round++) run(argvOf(world, command));
  tracer.kill('SIGINT');
  await ended;
  const rows = [...readFileSync(file, 'utf8').matchAll(/^ *(\d+) (\w+)$/gm)];
  const calls = rows.filter(([, , name = '']) => name !== 'total' && !memory.has(name));
  return Math.round(calls.reduce((sum, [, count]) => sum + Number(count), 0) / manyQuestions);
}

async function attached({ stderr }: ChildProcess): Promise<void> {
  if (stderr === null) throw new Error('strace has no stderr');
  const [said] = await once(stderr, 'data');
  if (!String(said).includes('attached')) throw new Error(`strace did not attach: ${said}`);
}

function daemonOf({ ours }: World): string {
  const brain = `${dirname(ours)}/dist/lxc.cjs\0--daemon`;
  const pid = readdirSync('/proc').find((name) => /^\d+$/.test(name) && commandLine(name).includes(brain));
  if (pid === undefined) throw new Error(`no daemon of ${ours} runs`);
  return pid;
}

function commandLine(pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // it has ended
  }
}

function argvOf({ ours, lxcpath }: World, [tool = '', ...args]: readonly string[]): readonly string[] {
  return [join(ours, tool), '-P', lxcpath, '-n', 'bench-a', ...args];
}

function strace(file: string, argv: readonly string[]): readonly string[] {
  return ['-f', '-c', '-U', 'calls,name', '-o', file, ...argv];
}

function run([file = '', ...args]: readonly string[]): void {
  execFileSync(file, args, quiet);
}

function totalOf(file: string): number {
  return numberIn(file, /^ *(\d+) total$/m);
}

function numberIn(file: string, line: RegExp): number {
  const number = line.exec(readFileSync(file, 'utf8'))?.[1];
  if (number === undefined) throw new Error(`${file} tells no number`);
  return Number(number);
}
