/** What lies in the state directory, for how long it is kept, and for whom. */

import { readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Files } from './files.ts';
import { startOf } from './process.ts';
import { type LoadRequest, removeState } from './store.ts';

/** Nobody has read it for so long. */
export const interestMs = 15 * 60_000;

/** Keys: `SUBJECT.ask` from the servers, `SUBJECT.load` from here, `SUBJECT.cpu` of both servers. */
export const askKey = (subject: string): string => `${subject}.ask`;
export const loadKey = (subject: string): string => `${subject}.load`;
export const cpuKey = (subject: string): string => `${subject}.cpu`;

export function namesIn(state: string): readonly string[] {
  try {
    return readdirSync(state);
  } catch {
    return [];
  }
}

export function modified(path: string): number {
  return statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;
}

export function isAlive(files: Files, { init, started }: LoadRequest): boolean {
  const stat = files.read(`/proc/${init}/stat`);
  return stat !== undefined && startOf(stat) === started;
}

export function forget(state: string, subject: string): void {
  for (const key of [askKey(subject), loadKey(subject), cpuKey(subject)]) removeState(state, key);
}

/** CPU accounts of containers that are gone, and of processes of the host that nobody has asked for. */
export function removeOrphans(files: Files, state: string): void {
  for (const name of namesIn(state)) {
    const match = /^(\d+)\.(\d+)\..*cpu$/.exec(name);
    const gone =
      match === null
        ? name.endsWith('.cpu') && Date.now() - modified(join(state, name)) > interestMs
        : !isAlive(files, { started: Number(match[1]), init: Number(match[2]), directories: [] });
    if (gone) removeState(state, name);
  }
}
