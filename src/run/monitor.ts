/**
 * The monitor of a container, as commands ask it. What cannot change while one of ours runs stands in its record and is
 * read without a question; monitors of C LXC are asked for everything.
 */

import { getItem } from '../config/index.ts';
import { CommandSocket, type ContainerId } from './command-socket.ts';
import { decodeHead, type Head } from './head.ts';
import { recordDir } from './places.ts';
import { type ContainerRecord, isAlive, readRecord } from './record.ts';
import type { Session } from './session.ts';

export function monitorOf(session: Session, id: ContainerId): CommandSocket {
  const record = readRecord(recordDir(session, id.lxcpath, id.name));
  return record !== undefined && isWatchedRun(record)
    ? new RecordedMonitor(id, record)
    : new CommandSocket(id);
}

function isWatchedRun({ running, monitor }: ContainerRecord): boolean {
  return running && monitor !== undefined && isAlive(monitor);
}

class RecordedMonitor extends CommandSocket {
  readonly #record: ContainerRecord;
  #decoded: Head | undefined;

  constructor(id: ContainerId, record: ContainerRecord) {
    super(id);
    this.#record = record;
  }

  override initPid(): Promise<number | undefined> {
    const { init } = this.#record;
    return init === undefined ? super.initPid() : Promise.resolve(init.pid);
  }

  override limitCgroup(controller: string): Promise<string | undefined> {
    const path = this.#head.cgroups.get(controller);
    return path === undefined ? super.limitCgroup(controller) : Promise.resolve(path);
  }

  /** Of the interfaces only: other values are worded for the monitor when the container starts. */
  override configItem(key: string): Promise<string | undefined> {
    const { config, items } = this.#head;
    const known = key === 'lxc.net' ? getItem(config, key) : items.get(key);
    return known === undefined ? super.configItem(key) : Promise.resolve(known);
  }

  get #head(): Head {
    this.#decoded ??= decodeHead(this.#record.head);
    return this.#decoded;
  }
}
