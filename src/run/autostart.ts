/**
 * Autostart: which containers are meant by groups and `lxc.start.*`, in which order, and what is done to them. Those of
 * one place in the order are started side by side, each by a command of its own in the caller's process tree.
 */

import { setTimeout as sleep } from 'node:timers/promises';
import { LxcError } from '../base/error.ts';
import { installRoot } from '../base/install.ts';
import type { Config } from '../config/index.ts';
import { definedNames, isActive, readListeners } from './directory.ts';
import { loadContainerConfig } from './load.ts';
import type { Session } from './session.ts';

export type AutostartAct = 'start' | 'shutdown' | 'kill' | 'reboot';

export interface Selection {
  readonly act: AutostartAct;
  /** In the order given; '' are the containers of no group. */
  readonly groups: readonly string[];
  /** Whatever groups they are in. */
  readonly all: boolean;
  /** Whatever lxc.start.auto says. */
  readonly ignoreAuto: boolean;
}

export interface Candidate {
  readonly name: string;
  readonly auto: boolean;
  readonly order: number;
  /** Seconds. */
  readonly delay: number;
  readonly groups: readonly string[];
  readonly running: boolean;
}

/** Everything in `lxcpath` that has a configuration; one that cannot be read is told and left out. */
export function candidates(
  session: Session,
  lxcpath: string,
  warn: (message: string) => void,
): readonly Candidate[] {
  const listening = readListeners();
  return definedNames(lxcpath).flatMap((name) => {
    const id = { lxcpath, name };
    try {
      const { config } = loadContainerConfig(session, { id, rcfile: undefined, definitions: [] });
      return [{ name, ...startKeysOf(config), running: isActive(id, listening) }];
    } catch (error) {
      if (!(error instanceof LxcError)) throw error;
      warn(`${name}: ${error}`);
      return [];
    }
  });
}

function startKeysOf(config: Config): Omit<Candidate, 'name' | 'running'> {
  return {
    auto: config.value('lxc.start.auto'),
    order: config.value('lxc.start.order'),
    delay: config.value('lxc.start.delay'),
    groups: config.many('lxc.group').flatMap(({ value }) => value),
  };
}

/** Those that the act would touch, in its order: group by group, and in a group by lxc.start.order. */
export function selected(all: readonly Candidate[], selection: Selection): readonly Candidate[] {
  const starts = selection.act === 'start';
  const ends = selection.act === 'shutdown' || selection.act === 'kill';
  const eligible = all
    .filter(({ auto, running }) => (auto || selection.ignoreAuto) && running !== starts)
    .sort((left, right) => (ends ? right.order - left.order : left.order - right.order));
  if (selection.all) return eligible;
  return [...new Set(selection.groups.flatMap((group) => eligible.filter((one) => isIn(one, group))))];
}

function isIn({ groups }: Candidate, group: string): boolean {
  return group === '' ? groups.length === 0 : groups.includes(group);
}

/** What happens at the same time: neighbours of one order, up to one after which there is a delay. */
export function steps(chosen: readonly Candidate[]): readonly (readonly Candidate[])[] {
  const made: Candidate[][] = [];
  for (const one of chosen) {
    const last = made.at(-1);
    const before = last?.at(-1);
    if (last !== undefined && before?.order === one.order && before.delay === 0) last.push(one);
    else made.push([one]);
  }
  return made;
}

export interface Undertaking {
  readonly lxcpath: string;
  readonly act: AutostartAct;
  /** Before a shutdown becomes a kill. */
  readonly seconds: number;
  /** Options of the log, handed on. */
  readonly logOptions: readonly string[];
}

/** More at a time than this only wait for each other. */
const mostAtOnce = 16;
const hireMilliseconds = 100;

/** The names of those that could not be started, stopped or rebooted; each said why itself. */
export async function perform(
  session: Session,
  chosen: readonly Candidate[],
  how: Undertaking,
): Promise<readonly string[]> {
  const failed: string[] = [];
  const waits = how.act === 'start' || how.act === 'reboot';
  for (const step of steps(waits ? chosen : chosen.map((one) => ({ ...one, delay: 0 })))) {
    failed.push(...(await sideBySide(step, (one) => done(session, one, how))));
    const last = step.at(-1);
    if (waits && last !== undefined && last.delay > 0 && !failed.includes(last.name))
      await sleep(last.delay * 1000, undefined, { signal: session.signal });
  }
  return failed;
}

/** Few at first: a daemon that has just come to be is slow, and whom it keeps waiting goes elsewhere. */
async function sideBySide(
  step: readonly Candidate[],
  act: (one: Candidate) => Promise<boolean>,
): Promise<readonly string[]> {
  const waiting = [...step];
  const failed: string[] = [];
  const workers: Promise<void>[] = [];
  const hire = () => {
    if (workers.length < mostAtOnce && waiting.length > 0) workers.push(work());
  };
  const work = async () => {
    for (let one = waiting.shift(); one !== undefined; one = waiting.shift()) {
      if (!(await act(one))) failed.push(one.name);
      hire();
    }
  };
  const slowly = setInterval(hire, hireMilliseconds);
  try {
    hire();
    hire();
    for (let at = 0; at < workers.length; at++) await workers[at];
  } finally {
    clearInterval(slowly);
  }
  return failed;
}

/** lxc-stop: it does not run. Somebody else was faster. */
const notRunning = 2;

async function done(session: Session, { name }: Candidate, how: Undertaking): Promise<boolean> {
  const [verb, ...words] = verbOf(how);
  const { status } = await session.spawn({
    argv: [`${installRoot}/bin/lxc-${verb}`, '-n', name, '-P', how.lxcpath, ...words, ...how.logOptions],
    stdio: 'beside',
  });
  return status === 0 || (status === notRunning && (how.act === 'kill' || how.act === 'shutdown'));
}

function verbOf({ act, seconds }: Undertaking): readonly string[] {
  const time = ['-t', String(Math.max(-1, seconds))];
  switch (act) {
    case 'start':
      return ['start', '-d'];
    case 'kill':
      return ['stop', '-k'];
    case 'reboot':
      return ['stop', '-r', ...time];
    case 'shutdown':
      return ['stop', ...time];
    default:
      throw new Error(act satisfies never);
  }
}
