/**
 * What /proc tells of the init of a container, for the choice of a signal that it understands. All of it is said by
 * the container, and is used for nothing but a signal to that very init.
 */

import { readFileSync, readlinkSync } from 'node:fs';
import { uptime } from 'node:os';
import { basename } from 'node:path';

export interface InitProcess {
  /** File name of the program that runs, not of the link that it was started by. */
  readonly program: string;
  readonly args: readonly string[];
  /** Bit 0 is signal 1. */
  readonly caught: bigint;
  readonly blocked: bigint;
  /**
   * Asleep in sigtimedwait(2): /proc shows the signals that it waits for as neither caught nor blocked. `undefined`
   * where we may not look.
   */
  readonly awaits: boolean | undefined;
  readonly ageSeconds: number;
}

/** `undefined` where there is no such process, or it is hidden. */
export function readInitProcess(pid: number): InitProcess | undefined {
  const [status, stat] = [read(pid, 'status'), read(pid, 'stat')];
  if (status === undefined || stat === undefined) return undefined;
  return {
    program: programOf(pid),
    args: (read(pid, 'cmdline') ?? '').split('\0').slice(0, -1),
    caught: maskIn(status, 'SigCgt'),
    blocked: maskIn(status, 'SigBlk'),
    awaits: isAwaiting(read(pid, 'syscall')),
    ageSeconds: ageOf(stat),
  };
}

function read(pid: number, file: string): string | undefined {
  try {
    return readFileSync(`/proc/${pid}/${file}`, 'utf8');
  } catch {
    return undefined;
  }
}

/** The init of lxc-execute is on no mount, and has but the name that it was given. */
function programOf(pid: number): string {
  return basename(link(pid).replace(/ \(deleted\)$/, '')) || (read(pid, 'comm') ?? '').trim();
}

function link(pid: number): string {
  try {
    return readlinkSync(`/proc/${pid}/exe`);
  } catch {
    return '';
  }
}

function maskIn(status: string, field: string): bigint {
  return BigInt(`0x${new RegExp(`^${field}:\\s*([0-9a-f]+)$`, 'm').exec(status)?.[1] ?? '0'}`);
}

/** rt_sigtimedwait of x86-64, arm64, 32-bit programs, and these with 64-bit time. */
const awaiting: ReadonlySet<string> = new Set(['128', '137', '177', '421']);

function isAwaiting(syscall: string | undefined): boolean | undefined {
  return syscall === undefined ? undefined : awaiting.has(syscall.split(' ', 1)[0] ?? '');
}

const ticksPerSecond = 100;
/** Of what follows the name, which may have blanks and brackets of its own. */
const startField = 19;

function ageOf(stat: string): number {
  const start = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[startField];
  return uptime() - Number(start) / ticksPerSecond;
}
