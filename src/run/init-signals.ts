/**
 * Which signal asks an init to halt or to reboot. Inits disagree: what halts one restarts another, and is lost on a
 * third (docs/decisions/init-signals.md). The choice is made when a container is to stop, by what runs then.
 */

import { constants } from 'node:os';
import { basename } from 'node:path';
import type { InitProcess } from '../host/init-process.ts';

export type InitWish = 'halt' | 'reboot';

export interface InitSignal {
  readonly signal: number;
  /** False: init surely does not act on it. */
  readonly isHeard: boolean;
  /** What init is, as a user would call it. */
  readonly init: string;
  /** Why this signal. */
  readonly why: string;
}

const [int, usr1, usr2, term, cont, pwr] = [2, 10, 12, 15, 18, 30];
const realTime = (offset: number) => 34 + offset;

/** What C LXC sends to an init that it knows nothing of. */
const usual: Readonly<Record<InitWish, number>> = { halt: pwr, reboot: int };

interface Kind {
  readonly programs: readonly string[];
  /** The first that is handled is meant. */
  readonly halt: readonly number[];
  readonly reboot: readonly number[];
}

/** The init of busybox or toybox. */
const multicall: Kind = { programs: [], halt: [usr1], reboot: [term] };

const kinds: readonly Kind[] = [
  { programs: ['systemd'], halt: [realTime(3)], reboot: [realTime(5)] },
  { programs: ['finit', 'procd'], halt: [usr2], reboot: [term] },
  { programs: ['openrc-init'], halt: [pwr, term], reboot: [int] },
  { programs: ['runit'], halt: [pwr, cont], reboot: [int] },
  { programs: ['lxc-ts', 'lxc-init', 'init.lxc', 'init.lxc.static'], halt: [pwr], reboot: [] },
  {
    // They pass on what they get, so this is for the application.
    programs: ['catatonit', 'docker-init', 'dumb-init', 'tini', 'tini-static'],
    halt: [term],
    reboot: [],
  },
];

/** Of one file with many programs, only this one is an init. */
const applets = ['init', 'linuxrc'];

function kindOf(init: InitProcess): Kind | undefined {
  const { program } = init;
  if (program === 'busybox' || program === 'toybox') return isApplet(init) ? multicall : undefined;
  // By a hard link; other inits of that name do not wait like this.
  if (applets.includes(program) && init.awaits === true) return multicall;
  return kinds.find(({ programs }) => programs.includes(program));
}

/** Called by a link, or by its own name with that of the applet behind. */
function isApplet({ program, args }: InitProcess): boolean {
  const [called = '', applet = ''] = args.map((arg) => basename(arg));
  return applets.includes(called === program ? applet : called);
}

function handles({ caught, blocked }: InitProcess, signal: number): boolean {
  return (((caught | blocked) >> BigInt(signal - 1)) & 1n) === 1n;
}

function mayAwait({ awaits }: InitProcess): boolean {
  return awaits !== false;
}

/** systemd gives this one no meaning; who takes it takes whatever there is, and tells nothing by it. */
const meaningless = realTime(8);

/** Of an init that has no row: what its masks say. */
function guesses(init: InitProcess): Kind {
  const takesAll = handles(init, meaningless);
  if (takesAll) return { programs: [], halt: [term, pwr], reboot: [] };
  if (handles(init, realTime(3))) return { programs: [], halt: [realTime(3)], reboot: [realTime(5), int] };
  // What is no init ends at SIGINT, or is a shell, which does nothing.
  const isInit = handles(init, pwr) || mayAwait(init);
  return { programs: [], halt: [pwr, term], reboot: isInit ? [int] : [] };
}

export function chooseSignal(init: InitProcess | undefined, wish: InitWish): InitSignal {
  const fallback = usual[wish];
  if (init === undefined)
    return { signal: fallback, isHeard: true, init: 'unknown', why: 'nothing is known of init' };
  const kind = kindOf(init);
  const signals = (kind ?? guesses(init))[wish];
  const handled = signals.find((signal) => handles(init, signal));
  const isSeen = handled !== undefined;
  // Signals that are waited for cannot be seen: then the row decides, or C LXC's habit.
  const signal = handled ?? (kind === undefined ? fallback : (signals[0] ?? fallback));
  const isHeard = isSeen || (mayAwait(init) && signals.length > 0);
  const about = kind === undefined ? (isSeen ? 'it handles it' : 'it may handle it') : 'it is known for it';
  return { signal, isHeard, init: init.program, why: isHeard ? about : 'it handles none' };
}

/** `SIGTERM`, `SIGRTMIN+3`, or the number. */
export function signalText(signal: number): string {
  if (signal >= realTime(0)) return `SIGRTMIN+${signal - realTime(0)}`;
  const name = Object.entries(constants.signals).find(([, number]) => number === signal)?.[0];
  return name ?? `signal ${signal}`;
}
