/** What there is: the containers of a container path. */

import { nodeConfigIo } from '../config/index.ts';
import { findCandidates, listContainers } from '../run/list.ts';
import type { Listed } from '../run/listing.ts';
import type { State } from '../run/states.ts';
import { inSession, lxcpathOf, type Place } from './place.ts';

/** Options of {@link list}. */
export interface ListOptions extends Place {
  /** Only containers in one of these states. */
  readonly states?: readonly State[] | undefined;
  /** Only containers in all of these groups (`lxc.group`). */
  readonly groups?: readonly string[] | undefined;
  /** Levels of containers in containers that are looked into, named `outer/inner`; 0 where absent. */
  readonly nesting?: number | undefined;
}

/**
 * The containers of a container path, those that run without a configuration of their own among them, sorted by name. One
 * whose configuration cannot be read is listed without what stands there, one of another user without its state.
 * @throws {@link LxcError} `FAILED` where the directory cannot be read; one that does not exist has no containers
 */
export function list(options: ListOptions = {}): Promise<readonly Listed[]> {
  return inSession(options, undefined, async (session) => {
    const lxcpath = lxcpathOf(options);
    const io = nodeConfigIo(session);
    const context = { wishes: { memory: true, network: true }, io, warn: () => undefined };
    const wishes = { lxcpath, depth: options.nesting ?? 0, context };
    const rows = await listContainers(session, findCandidates(lxcpath, 'all'), wishes);
    return rows.filter((row) => isWanted(row, options));
  });
}

function isWanted({ state, groups }: Listed, wanted: ListOptions): boolean {
  const inState = wanted.states?.some((one) => one === state) ?? true;
  return inState && (wanted.groups ?? []).every((group) => groups.includes(group));
}
