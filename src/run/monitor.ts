/**
 * The monitor of a container, as commands ask it. What cannot change while one of ours runs stands in its record and is
 * read without a question; monitors of C LXC are asked for everything.
 */

import { getItem } from '../config/index.ts';
import { CommandSocket, type ContainerId } from './command-socket.ts';
import { type Head, headOf } from './head.ts';
import { recordDir } from './places.ts';
import { type ContainerRecord, isAlive, readRecord } from './record.ts';
import type { Session } from './session.ts';
import type { State } from './states.ts';

export function monitorOf(session: Session, id: ContainerId): CommandSocket {
  const record = readRecord(recordDir(session, id.lxcpath, id.name));
  return record !== undefined && isWatchedRun(record)
    ? new RecordedMonitor(id, record)
    : new CommandSocket(id);
}

/** Its monitor is there to be asked, and the container has not come to its end. */
function isWatchedRun({ running, init, monitor }: ContainerRecord): boolean {
  return running && init !== undefined && isAlive(init) && monitor !== undefined && isAlive(monitor);
}

function isOfTypes(key: string): boolean {
  return key === 'lxc.net' || /^lxc\.net\.\d+\.type$/.test(key);
}

class RecordedMonitor extends CommandSocket {
  readonly #record: ContainerRecord;

  constructor(id: ContainerId, record: ContainerRecord) {
    super(id);
    this.#record = record;
  }

  override state(): Promise<State> {
    return this.#record.unsettled ? super.state() : Promise.resolve('RUNNING');
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
    const known = items.get(key) ?? (isOfTypes(key) ? (getItem(config, key) ?? '') : undefined);
    return known === undefined ? super.configItem(key) : Promise.resolve(known);
  }

  get #head(): Head {
    return headOf(this.#record);
  }
}
