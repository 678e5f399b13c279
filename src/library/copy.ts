/** Copies of a container, and its snapshots. */

import type { StorageType } from '../config/index.ts';
import { cloneContainer } from '../run/clone.ts';
import type { ContainerId } from '../run/command-socket.ts';
import type { Log } from '../run/log.ts';
import type { Session } from '../run/session.ts';
import {
  destroySnapshot,
  listSnapshots,
  restoreSnapshot,
  type Snapshot,
  takeSnapshot,
} from '../run/snapshot.ts';
import { type Abortable, inSession, type Place } from './place.ts';
import { Warnings } from './start.ts';

/** Options of {@link Container.copy}. */
export interface CopyOptions extends Abortable {
  /** Container path of the copy; that of the original where absent. */
  readonly lxcpath?: string | undefined;
  /**
   * Share with the original what neither changes, by an overlay or by what its storage has: made at once, whatever the
   * size. The original cannot be destroyed before. False where absent: a copy of its own.
   */
  readonly snapshot?: boolean | undefined;
  /** The kind of storage of the copy; that of the original where absent. */
  readonly storage?: StorageType | undefined;
  /** Keep the host name of the original. */
  readonly keepName?: boolean | undefined;
  /** Keep its hardware addresses. */
  readonly keepMac?: boolean | undefined;
  /** The original may run; what it writes meanwhile may be half of something in the copy. */
  readonly allowRunning?: boolean | undefined;
}

/**
 * Snapshots of a container: copies of it in its own directory, named `snap0`, `snap1` and so on. The container must be
 * stopped to take one, and to go back to one.
 */
export class Snapshots {
  readonly #id: ContainerId;
  readonly #place: Place;

  /** @internal */
  constructor(id: ContainerId, place: Place) {
    this.#id = id;
    this.#place = place;
  }

  /**
   * In the order in which they were taken.
   * @throws {@link LxcError} `NOT_DEFINED`
   */
  list(): Promise<readonly Snapshot[]> {
    return inSession(this.#place, undefined, () => Promise.resolve(listSnapshots(this.#id)));
  }

  /**
   * Takes one and gives its name.
   * @throws {@link LxcError} `NOT_DEFINED`, `ALREADY_RUNNING`
   */
  take(comment?: string): Promise<string> {
    return this.#work((session, log) => takeSnapshot(session, this.#id, comment, log));
  }

  /**
   * Makes the container what it was. The snapshot stays.
   * @throws {@link LxcError} `NOT_DEFINED`, `ALREADY_RUNNING`
   */
  restore(snapshot: string): Promise<void> {
    return this.#work((session, log) =>
      restoreSnapshot(session, this.#id, { snapshot, newName: undefined }, log),
    );
  }

  /**
   * Removes one for good.
   * @throws {@link LxcError} `NOT_DEFINED`
   */
  destroy(snapshot: string): Promise<void> {
    return this.#work((session, log) => destroySnapshot(session, this.#id, snapshot, log));
  }

  #work<T>(work: (session: Session, log: Log) => Promise<T>): Promise<T> {
    const { log } = new Warnings(this.#id.name);
    return inSession(this.#place, undefined, (session) => work(session, log));
  }
}

export function copyTo(
  from: ContainerId,
  to: ContainerId,
  place: Place,
  { signal, ...options }: CopyOptions,
): Promise<void> {
  const { snapshot = false, keepName = false, keepMac = false, allowRunning = false, storage } = options;
  const wish = { snapshot, storage, options: {}, keepName, keepMac, allowRunning, hookArguments: [] };
  const { log } = new Warnings(to.name);
  return inSession(place, signal, (session) => cloneContainer(session, from, to, wish, log));
}
