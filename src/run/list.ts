/** The containers of a container path, looked for and then asked side by side, each in one batch. */

import type { ContainerId } from './command-socket.ts';
import { activeNames, byBytes, definedNames, isActive, readListeners } from './directory.ts';
import { type Listed, type ListingContext, listed } from './listing.ts';
import { nested } from './nested.ts';
import type { Session } from './session.ts';
import { tendAll } from './tend.ts';

/** Containers that are asked at the same time: each takes up to ten connections. */
const atOnce = 48;

/** A name, and whether somebody monitors it. */
export interface Candidate {
  readonly name: ContainerId['name'];
  readonly active: boolean;
}

/** Those with a configuration, those with a monitor, or both; sorted by bytes. Nobody is asked. */
export function findCandidates(lxcpath: string, which: 'all' | 'defined' | 'active'): readonly Candidate[] {
  const listening = readListeners();
  const defined = definedNames(lxcpath);
  const active = activeNames(lxcpath, listening, defined);
  const both = () => [...new Set([...defined, ...active])].sort(byBytes);
  const names = which === 'all' ? both() : which === 'defined' ? defined : active;
  return names.map((name) => ({ name, active: isActive({ lxcpath, name }, listening) }));
}

export interface ListWishes {
  readonly lxcpath: string;
  /** Levels of containers in containers that are looked into. */
  readonly depth: number;
  readonly context: ListingContext;
}

export async function listContainers(
  session: Session,
  candidates: readonly Candidate[],
  { lxcpath, depth, context }: ListWishes,
): Promise<readonly Listed[]> {
  const rows: Listed[] = [];
  for (let at = 0; at < candidates.length; at += atOnce) {
    const batch = await tended(session, lxcpath, candidates.slice(at, at + atOnce));
    const outer = await Promise.all(
      batch.map(({ name, active }) => listed({ lxcpath, name }, active, context)),
    );
    rows.push(...outer.flatMap((row) => [row, ...nested(row, { lxcpath, depth, context })]));
  }
  return rows;
}

/** One that lost its monitor is taken over, so that it is listed as what it is. */
async function tended(
  session: Session,
  lxcpath: string,
  names: readonly Candidate[],
): Promise<readonly Candidate[]> {
  const idle = names.filter(({ active }) => !active).map(({ name }) => ({ lxcpath, name }));
  const alive = new Set((await tendAll(session, idle)).map(({ name }) => name));
  return names.map((one) => ({ ...one, active: one.active || alive.has(one.name) }));
}
