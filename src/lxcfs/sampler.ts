/**
 * Samples the load of containers. The servers note in the state directory whose loadavg was read; one process
 * answers there every 5 seconds, within a bound of time, as long as somebody reads.
 */

import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import type { LoadSampler } from './contract.ts';
import { type Files, openFiles } from './files.ts';
import { askKey, forget, interestMs, isAlive, loadKey, modified, namesIn, removeOrphans } from './kept.ts';
import { emptyLoad, nextLoad } from './load.ts';
import { fileStore, removeState, type Store } from './store.ts';
import { countTasks, usualBudget } from './tasks.ts';

const intervalMs = 5000;
const budgetMs = 20;
/** Every five minutes. */
const cleaningRounds = 60;

interface Sampled {
  readonly at: number;
}

export function openLoadSampler(state: string): LoadSampler {
  const store = fileStore(state);
  const files = openFiles();
  /** Up to when each subject's load is reckoned; the one that waits longest comes first. */
  const sampled = new Map<string, Sampled>();
  let round = 0;

  const sample = () => {
    const start = performance.now();
    if (round++ % cleaningRounds === 0) removeOrphans(files, state);
    const subjects = interesting(state).sort((a, b) => (sampled.get(a)?.at ?? 0) - (sampled.get(b)?.at ?? 0));
    let done = 0;
    for (const subject of subjects) {
      if (performance.now() - start > budgetMs) break;
      const last = sampled.get(subject)?.at ?? start - intervalMs;
      const ticks = ticksSince(last, start);
      // What is left of an interval counts with the next one.
      if (sampleOne(files, store, subject, ticks)) sampled.set(subject, { at: last + ticks * intervalMs });
      else forget(state, subject);
      done++;
    }
    for (const subject of sampled.keys()) if (!subjects.includes(subject)) sampled.delete(subject);
    store.sweep();
    files.sweep();
    return { sampled: done, left: subjects.length - done };
  };
  return { sample };
}

function ticksSince(last: number, now: number): number {
  return Math.max(0, Math.round((now - last) / intervalMs));
}

/** Subjects read of late; what was noted for others goes. */
function interesting(state: string): string[] {
  const now = Date.now();
  return namesIn(state).flatMap((name) => {
    if (!name.endsWith('.ask')) return [];
    const subject = name.slice(0, -'.ask'.length);
    if (now - modified(join(state, name)) < interestMs) return [subject];
    removeState(state, name);
    removeState(state, loadKey(subject));
    return [];
  });
}

/** False for a container that is gone. */
function sampleOne(files: Files, store: Store, subject: string, ticks: number): boolean {
  const request = store.read(askKey(subject))?.request;
  if (request === undefined || !isAlive(files, request)) return false;
  const before = store.read(loadKey(subject))?.load ?? emptyLoad;
  const count = countTasks(files, request.directories, usualBudget);
  store.write(loadKey(subject), { load: nextLoad(before, count, ticks) });
  return true;
}
