/** Making planned ops: an instruction, why it is there, and what undoes it. */

import type { Origin } from '../base/error.ts';
import type { Op } from './ops.ts';
import { syncMode, syncPoints } from './ops.ts';
import type { PlannedOp, Provenance } from './program.ts';

/** A line of the configuration. */
interface Entry {
  readonly key: string;
  readonly origin: Origin;
}

interface More {
  readonly optional?: boolean;
  readonly undo?: readonly Op[];
}

export function step(op: Op, why: Provenance, more: More = {}): PlannedOp {
  return { ...op, why, ...more };
}

/** The reason is a line of the configuration; `act` completes "Failed to". */
export function asked(entry: Entry, act: string): Provenance {
  return { key: entry.key, origin: entry.origin, act };
}

/** A line if there is one, else the word `fallback` for what every start does. */
export function askedBy(entry: Entry | undefined, fallback: string, act: string): Provenance {
  return entry === undefined ? { key: fallback, act } : asked(entry, act);
}

export function always(act: string): Provenance {
  return { key: 'start', act };
}

export type SyncPoint = keyof typeof syncPoints;

export function post(point: SyncPoint): PlannedOp {
  return sync(point, syncMode.post, `say that ${point} is reached`);
}

export function wait(point: SyncPoint): PlannedOp {
  return sync(point, syncMode.await, `wait for ${point}`);
}

function sync(point: SyncPoint, mode: number, act: string): PlannedOp {
  return step({ op: 'sync', args: { point: syncPoints[point], mode } }, { key: 'sync', act });
}
