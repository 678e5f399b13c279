/**
 * Freezing and thawing a cgroup of either generation. The kernel takes its time: every task must reach a place where
 * it can be stopped. One that never does would leave the container half frozen, so it is thawed again and named.
 */

import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { LxcError } from '../base/error.ts';
import { writeCgroupFile } from './write.ts';

export interface Freezer {
  readonly version: 1 | 2;
  readonly dir: string;
}

export interface FreezePatience {
  readonly seconds: number;
  readonly signal?: AbortSignal;
}

/** Resolves when every task is stopped, or runs again. */
export async function setFrozen(freezer: Freezer, frozen: boolean, patience: FreezePatience): Promise<void> {
  const deadline = performance.now() + patience.seconds * 1000;
  request(freezer, frozen);
  for (let pauseMs = 1; !isReached(freezer, frozen); pauseMs = Math.min(pauseMs * 2, 20)) {
    if (performance.now() > deadline || patience.signal?.aborted === true) throw giveUp(freezer, patience);
    await sleep(pauseMs);
    // v1 looks at tasks that have forked meanwhile only when it is told again.
    if (freezer.version === 1) request(freezer, frozen);
  }
}

function giveUp(freezer: Freezer, { seconds }: FreezePatience): LxcError {
  const blocking = blockingTasks(freezer.dir);
  request(freezer, false);
  const who = blocking.length === 0 ? 'a task did not stop' : blocking.map(taskText).join(', ');
  return new LxcError(`${who} within ${seconds} seconds; everything runs again`);
}

/** What to write where, and what the kernel shows when it is done. */
export interface FreezeRequest {
  readonly file: string;
  readonly text: string;
  readonly seen: string;
  readonly sign: string;
}

export function freezeRequest({ version, dir }: Freezer, frozen: boolean): FreezeRequest {
  if (version === 1) {
    const [file, text] = [`${dir}/freezer.state`, frozen ? 'FROZEN' : 'THAWED'];
    return { file, text, seen: file, sign: text };
  }
  const text = frozen ? '1' : '0';
  return { file: `${dir}/cgroup.freeze`, text, seen: `${dir}/cgroup.events`, sign: `frozen ${text}\n` };
}

function request(freezer: Freezer, frozen: boolean): void {
  const { file, text } = freezeRequest(freezer, frozen);
  writeCgroupFile(file, text);
}

function isReached(freezer: Freezer, frozen: boolean): boolean {
  const { seen, sign } = freezeRequest(freezer, frozen);
  return readFileSync(seen, 'utf8').includes(sign);
}

interface Task {
  readonly pid: number;
  readonly name: string;
  /** The kernel function that it waits in, where that is told. */
  readonly where: string;
}

const mostNamed = 3;

/** Tasks of the cgroup and those below it that sleep where no signal reaches them. */
function blockingTasks(dir: string): readonly Task[] {
  return tasksIn(dir)
    .flatMap((pid) => uninterruptible(pid) ?? [])
    .slice(0, mostNamed);
}

function tasksIn(dir: string): readonly number[] {
  try {
    const own = readFileSync(`${dir}/cgroup.procs`, 'utf8').split('\n').filter(Boolean).map(Number);
    const children = readdirSync(dir, { withFileTypes: true }).filter((entry) => entry.isDirectory());
    return [...own, ...children.flatMap(({ name }) => tasksIn(`${dir}/${name}`))];
  } catch {
    return [];
  }
}

function uninterruptible(pid: number): Task | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8');
    if (!/^State:\tD/m.test(status)) return undefined;
    const name = /^Name:\t(.*)$/m.exec(status)?.[1] ?? '';
    return { pid, name, where: readFileSync(`/proc/${pid}/wchan`, 'latin1').replace(/^0$/, '') };
  } catch {
    return undefined;
  }
}

function taskText({ pid, name, where }: Task): string {
  return `process ${pid} (${name}) did not stop${where === '' ? '' : `, it waits in ${where},`}`;
}
