/**
 * The monitor of a container, as commands ask it. What cannot change while one of ours runs stands in its record and is
 * read without a question; monitors of C LXC are asked for everything.
 */

import type { Grounds } from '../base/grounds.ts';
import { getItem } from '../config/index.ts';
import { CommandSocket, type ContainerId } from './command-socket.ts';
import { type Head, headOf } from './head.ts';
import { recordFile } from './places.ts';
import { type ContainerRecord, isAlive, type ProcessId, readRecord } from './record.ts';
import type { Session } from './session.ts';
import type { State } from './states.ts';

/** What the answers rest on is written down in `grounds`; a question to the monitor itself spoils them. */
export function monitorOf(session: Session, id: ContainerId, grounds?: Grounds): CommandSocket {
  const path = recordFile(session, id.lxcpath, id.name);
  grounds?.unchanged(path);
  const record = readRecord(path);
  const run = record === undefined ? undefined : watchedRun(record);
  if (run === undefined) {
    grounds?.spoil();
    return new CommandSocket(id);
  }
  for (const { pid, startTime } of [run.monitor, run.init]) grounds?.process(pid, startTime);
  return new RecordedMonitor(id, run, grounds);
}

interface WatchedRun {
  readonly record: ContainerRecord;
  readonly init: ProcessId;
  readonly monitor: ProcessId;
}

/** Its monitor is there to be asked, and the container has not come to its end. */
function watchedRun(record: ContainerRecord): WatchedRun | undefined {
  const { running, init, monitor } = record;
  if (!running || init === undefined || monitor === undefined) return undefined;
  return isAlive(init) && isAlive(monitor) ? { record, init, monitor } : undefined;
}

function isOfTypes(key: string): boolean {
  return key === 'lxc.net' || /^lxc\.net\.\d+\.type$/.test(key);
}

class RecordedMonitor extends CommandSocket {
  readonly #run: WatchedRun;
  readonly #grounds: Grounds | undefined;

  constructor(id: ContainerId, run: WatchedRun, grounds: Grounds | undefined) {
    super(id);
    this.#run = run;
    this.#grounds = grounds;
  }

  override state(): Promise<State> {
    if (!this.#run.record.unsettled) return Promise.resolve('RUNNING');
    this.#grounds?.spoil();
    return super.state();
  }

  override initPid(): Promise<number> {
    return Promise.resolve(this.#run.init.pid);
  }

  override limitCgroup(controller: string): Promise<string | undefined> {
    const path = this.#head.cgroups.get(controller);
    if (path !== undefined) return Promise.resolve(path);
    this.#grounds?.spoil();
    return super.limitCgroup(controller);
  }

  /** Of the interfaces only: other values are worded for the monitor when the container starts. */
  override configItem(key: string): Promise<string | undefined> {
    const { config, items } = this.#head;
    const known = items.get(key) ?? (isOfTypes(key) ? (getItem(config, key) ?? '') : undefined);
    if (known !== undefined) return Promise.resolve(known);
    this.#grounds?.spoil();
    return super.configItem(key);
  }

  get #head(): Head {
    return headOf(this.#run.record);
  }
}
