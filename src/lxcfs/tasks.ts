/** Counting the tasks of a container: all of them by name, and of those a bounded number by state. */

import type { Files } from './files.ts';
import type { TaskCount } from './load.ts';
import { isLoad, parseStatus } from './process.ts';

export interface Budget {
  /** Tasks whose state is looked at; of more, an even sample stands for all. */
  readonly states: number;
  /** Cgroups that are looked into. */
  readonly directories: number;
}

export const usualBudget: Budget = { states: 500, directories: 500 };

export function countTasks(files: Files, directories: readonly string[], budget: Budget): TaskCount {
  const tids = tasksIn(files, directories, budget.directories);
  const step = Math.max(1, Math.ceil(tids.length / budget.states));
  const looked = tids.filter((_, index) => index % step === 0);
  const busy = looked.filter((tid) => isBusy(files, tid)).length;
  const running = step === 1 ? busy : Math.round((busy * tids.length) / looked.length);
  return { running, total: tids.length, last: lastPid(files, tids) };
}

function isBusy(files: Files, tid: number): boolean {
  const stat = files.read(`/proc/${tid}/stat`);
  return stat !== undefined && isLoad(stat);
}

/** Of the cgroups and all below them, the widest first: a bound leaves out the deepest. */
function tasksIn(files: Files, directories: readonly string[], most: number): readonly number[] {
  const queue = [...directories];
  const tids: number[] = [];
  for (let index = 0; index < queue.length && index < most; index++) {
    const directory = queue[index] ?? '';
    const text = files.read(`${directory}/cgroup.threads`) ?? files.read(`${directory}/tasks`) ?? '';
    for (const line of text.split('\n')) if (line !== '') tids.push(Number(line));
    queue.push(...files.directories(directory).map((name) => `${directory}/${name}`));
  }
  return tids;
}

/** The youngest, by the number that it has inside. */
function lastPid(files: Files, tids: readonly number[]): number {
  const last = tids.reduce((most, tid) => Math.max(most, tid), 0);
  const text = files.read(`/proc/${last}/status`);
  return text === undefined ? last : (parseStatus(text).nspid.at(-1) ?? last);
}
